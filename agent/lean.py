"""Keeps `urllib.request` (2.4 MB) out of the agent until somebody really uses it.

paho-mqtt imports it at its top, and needs it for websockets and SOCKS proxies only, which are not
ours. Call `spare_urllib_request` before the first import of paho.
"""

import importlib
import sys
from types import ModuleType
from typing import Any

_NAME = "urllib.request"


class _Deferred(ModuleType):
    """Stands in for the module, and becomes it at the first use of what it holds."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # the import machinery looks at these; they are no use of it
            raise AttributeError(name)
        del sys.modules[_NAME]
        real = importlib.import_module(_NAME)
        self.__dict__.update(real.__dict__)
        return getattr(real, name)


def spare_urllib_request() -> None:
    """Put off importing `urllib.request`. No effect where it is there already."""
    if _NAME not in sys.modules:
        sys.modules[_NAME] = _Deferred(_NAME)
