"""Layers of every shape, for properties."""

from typing import Any

from hypothesis import strategies as st

from controller.configuration import shape
from controller.configuration.merge import Layer, LayerId
from controller.configuration.shape import Entries, Fields, Node

REGION = LayerId("region", "")
SITE = LayerId("site", "ambert")
KIOSK = LayerId("kiosk", "pvp-63003-1")
_CHAIN = (REGION, LayerId("department", "63"), SITE, KIOSK)

#: Few, so that layers meet at the same places.
_NAMES = st.sampled_from(["a", "b"])
_VALUES = st.sampled_from([0, 60, "fr", "22:00", [], ["Mo"], True, None, "1a2b:3c4d"])


def said(node: Node | None = None) -> st.SearchStrategy[Any]:
    """What a layer may say, of values that may be wrong."""
    match node or shape.root():
        case Fields(fields=fields):
            return st.fixed_dictionaries(
                {}, optional={name: said(below) for name, below in fields.items()}
            )
        case Entries(each=each):
            return st.dictionaries(_NAMES, st.none() | said(each), max_size=2)
    return _VALUES


@st.composite
def chains(draw: st.DrawFn) -> list[Layer]:
    """Up to four layers, the widest first."""
    section = st.sampled_from(["udev", "printing", "agent", "application", "network"])
    names = draw(st.lists(section, min_size=1, max_size=2, unique=True))
    part = st.fixed_dictionaries(
        {}, optional={name: said(shape.root().fields[name]) for name in names}
    )
    return [Layer(each, draw(part)) for each in _CHAIN[: draw(st.integers(0, 4))]]
