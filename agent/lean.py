"""Keeps the agent light: it stays on a kiosk for years and does nothing most of the time.

What libraries import at their top and never use for us is kept out; what a start leaves behind is
given back. Each line here was measured (bench/agent); each library works without.
"""

import ctypes
import gc
import importlib
import os
import re
import sys
import typing
from _heapq import heappop, heappush
from _queue import SimpleQueue
from codecs import CodecInfo, lookup
from collections.abc import Callable
from contextlib import suppress
from types import CodeType, ModuleType
from typing import Any

#: All that pyudev takes from its own module `discover`.
_GUESSES = (
    *("DeviceFileHypothesis", "DeviceNameHypothesis", "DeviceNumberHypothesis"),
    *("DevicePathHypothesis", "Discovery"),
)
# malloc.h of the GNU C library
_M_ARENA_MAX = -8


class _Deferred(ModuleType):
    """Stands in for a module, and becomes it at the first use of what it holds but was not given.

    `given` is what others take from it at their import.
    """

    def __init__(self, name: str, **given: Any) -> None:
        super().__init__(name)
        self.__dict__.update(given)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # the import machinery looks at these; they are no use of it
            raise AttributeError(name)
        return getattr(self.become_real(), name)

    def become_real(self) -> ModuleType:
        """Import what this stands in for, and hold all that it holds."""
        sys.modules.pop(self.__name__, None)
        real = importlib.import_module(self.__name__)
        self.__dict__.update(real.__dict__)
        return real


class _Hosts(ModuleType):
    """`encodings.idna` for host names in ASCII, the only ones agent.toml takes."""

    @staticmethod
    def getregentry() -> CodecInfo:
        """The codec (see `encodings`)."""
        ascii_codec = lookup("ascii")
        return CodecInfo(ascii_codec.encode, ascii_codec.decode, name="idna")


class _Unused:
    """Stands in for a type whose values the agent has none of."""

    unknown = None


def spare_imports() -> None:
    """Call it before the first import of paho, msgspec or pyudev. Harmless later."""
    # msgspec prefers it to typing where it is installed, as in a developer's venv: 0.6 MB.
    if "typing_extensions" not in sys.modules:
        sys.modules["typing_extensions"] = None  # type: ignore[assignment]
    vars(typing)["compile"] = _compile
    _defer(
        # paho wants it for websockets and SOCKS proxies only: 2.4 MB.
        _Deferred("urllib.request"),
        # pyudev asks it where libudev is: shutil, tempfile, bz2, lzma and a run of ldconfig, 1 MB.
        _Deferred("ctypes.util", find_library=_find_library),
        # pyudev takes from it what would ask a program for udev's version: 0.6 MB with locale.
        _Deferred("subprocess", check_output=_late("subprocess", "check_output")),
        # Every host name passes through it: stringprep and the tables of Unicode, 0.4 MB.
        _Hosts("encodings.idna"),
        # For URLs, and we have none: 0.5 MB.
        _Deferred("ipaddress"),
        _Deferred("urllib.parse", quote_from_bytes=_late("urllib.parse", "quote_from_bytes")),
        # All its other hashes and OpenSSL's, for one of the machine's id: 0.2 MB.
        _Deferred("hashlib", **_sha256()),
        # For keys of websockets and for certificates as text; we have neither.
        _Deferred("base64"),
        # logging could format in two more styles, paho make up a client id: their templates.
        _Deferred(
            "string",
            Template=_Unused,
            Formatter=_Unused,
            digits="0123456789",
            ascii_letters="abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
        ),
        # Of a heap only these two are wanted, which are written in C.
        _Deferred("heapq", heappush=heappush, heappop=heappop),
        # Three more kinds of queue.
        _Deferred("queue", SimpleQueue=SimpleQueue),
        # To print what led to an error: linecache and tokenize, 0.3 MB.
        _Deferred("traceback"),
        # paho asks it whether this is Windows: 0.1 MB.
        _Deferred("platform", system=lambda: os.uname().sysname),
        # msgspec could write values of these types: 0.8 MB.
        _Deferred("decimal", Decimal=_Unused),
        _Deferred("uuid", UUID=_Unused, SafeUUID=_Unused),
        # ... and schemas: 0.4 MB.
        _Deferred(
            "msgspec._json_schema",
            schema=_late("msgspec._json_schema", "schema"),
            schema_components=_late("msgspec._json_schema", "schema_components"),
        ),
        _Deferred("msgspec.inspect"),
    )
    # pyudev can guess devices from hints of any sort. Not bound in its package as the others are:
    # that would be to import it, before what it takes the room of has gone.
    guesses = dict.fromkeys(_GUESSES, _Unused)
    sys.modules.setdefault("pyudev.discover", _Deferred("pyudev.discover", **guesses))


def unload(*names: str) -> None:
    """Forget modules that did their work, with all below them; what comes next takes their room."""
    for name in list(sys.modules):
        if any(name == one or name.startswith(one + ".") for one in names):
            package, _, child = name.rpartition(".")
            if package in sys.modules and hasattr(sys.modules[package], child):
                delattr(sys.modules[package], child)
            del sys.modules[name]
    re.purge()
    gc.collect()


def share_one_heap() -> None:
    """Have all threads allocate from one heap: glibc would give each its own, mostly empty."""
    libc = ctypes.CDLL(None)
    if hasattr(libc, "mallopt"):
        libc.mallopt(_M_ARENA_MAX, 1)


def give_back() -> None:
    """Return to the system what starting needed and running does not."""
    gc.collect()
    gc.freeze()  # what lives now lives for ever: do not look at it again
    libc = ctypes.CDLL(None)
    if hasattr(libc, "malloc_trim"):
        libc.malloc_trim(0)


def _late(module: str, name: str) -> Callable[..., Any]:
    """The function `name`, whose module is imported when it is called."""

    def call(*args: Any, **named: Any) -> Any:
        stand_in = sys.modules[module]
        if isinstance(stand_in, _Deferred):
            stand_in.become_real()
        return getattr(stand_in, name)(*args, **named)

    return call


def _sha256() -> dict[str, Any]:
    """`hashlib.sha256` from where hashlib takes it when it is built without OpenSSL."""
    for name in ("_sha2", "_sha256"):  # of Python 3.12, and before
        with suppress(ImportError):
            return {"sha256": importlib.import_module(name).sha256}
    return {}


def _compile(source: str, _name: str, _mode: str) -> CodeType:
    """As `compile` for an annotation in quotes, which first makes 119 classes of syntax: 0.3 MB."""
    code: CodeType = eval(f"lambda: {source}").__code__  # noqa: S307 - of the libraries' own source
    return code


def _find_library(name: str) -> str | None:
    """The one library asked for here, by the name the dynamic linker knows it by."""
    return "libudev.so.1" if name == "udev" else None


def _defer(*stand_ins: ModuleType) -> None:
    """Put all where imports look, then bind each in its package, whose import may ask for more."""
    fresh = [one for one in stand_ins if one.__name__ not in sys.modules]
    sys.modules.update({one.__name__: one for one in fresh})
    for one in fresh:
        package, _, child = one.__name__.rpartition(".")
        if package:
            setattr(importlib.import_module(package), child, one)
