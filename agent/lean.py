"""Keeps the agent light: it stays on a kiosk for years and does nothing most of the time.

What libraries import at their top and never use for us is kept out; what a start leaves behind is
given back. Each line here was measured (bench/agent); each library works without.
"""

import ctypes
import gc
import importlib
import re
import sys
from codecs import CodecInfo, lookup
from types import ModuleType
from typing import Any

# malloc.h of the GNU C library
_M_ARENA_MAX = -8


class _Deferred(ModuleType):
    """Stands in for a module, and becomes it at the first use of what it holds."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # the import machinery looks at these; they are no use of it
            raise AttributeError(name)
        sys.modules.pop(self.__name__, None)
        real = importlib.import_module(self.__name__)
        self.__dict__.update(real.__dict__)
        return getattr(real, name)


class _Libraries(_Deferred):
    """`ctypes.util` without what it drags in to search for libraries by running compilers."""

    @staticmethod
    def find_library(name: str) -> str | None:
        """The one library asked for here, by the name the dynamic linker knows it by."""
        return "libudev.so.1" if name == "udev" else None


class _Hosts(ModuleType):
    """`encodings.idna` for host names in ASCII, the only ones agent.toml takes."""

    @staticmethod
    def getregentry() -> CodecInfo:
        """The codec (see `encodings`)."""
        ascii_codec = lookup("ascii")
        return CodecInfo(ascii_codec.encode, ascii_codec.decode, name="idna")


def spare_imports() -> None:
    """Call it before the first import of paho, msgspec or pyudev. Harmless later."""
    # paho wants it for websockets and SOCKS proxies only: 2.4 MB.
    _defer(_Deferred("urllib.request"))
    # pyudev asks it where libudev is: shutil, tempfile, bz2, lzma and a run of ldconfig, 1 MB.
    _defer(_Libraries("ctypes.util"))
    # Every host name passes through it: stringprep and the tables of Unicode, 0.4 MB.
    _defer(_Hosts("encodings.idna"))
    # msgspec prefers it to typing where it is installed, as in a developer's venv: 0.6 MB.
    if "typing_extensions" not in sys.modules:
        sys.modules["typing_extensions"] = None  # type: ignore[assignment]


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


def _defer(stand_in: ModuleType) -> None:
    name = stand_in.__name__
    if name not in sys.modules:
        sys.modules[name] = stand_in
        package, _, child = name.rpartition(".")
        setattr(importlib.import_module(package), child, stand_in)
