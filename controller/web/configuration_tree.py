"""Layers as the pages name and order them."""

from dataclasses import dataclass

from controller.configuration import selectors
from controller.configuration.merge import LayerId
from controller.configuration.models import Revision
from controller.fleet.models import Kiosk, Site
from controller.web import configuration_words as words

Scope = Revision.Scope
#: The region's place in an address.
ALL = "all"


@dataclass(frozen=True, slots=True)
class Branch:
    """A layer in the tree; `last` is None where it never said anything."""

    layer: LayerId
    title: str
    note: str
    depth: int
    last: Revision | None

    @property
    def place(self) -> str:
        """As an address has it."""
        return place(self.layer)


def place(of: LayerId) -> str:
    """A layer's place as an address has it."""
    return of.place or ALL


def place_name(of: LayerId) -> str:
    """A layer's name as a title."""
    if of.scope == Scope.SITE:
        site = Site.objects.filter(code=of.place).first()
        return site.name if site else of.place
    if of.scope == Scope.KIOSK:
        return of.place
    told = words.layer(of)
    return told[:1].upper() + told[1:]


def tree() -> list[Branch]:
    """The region, and the departments that have sites; sites and kiosks where they say something.

    Each below the one that it is in.
    """
    stated = {each.layer: each.revision for each in selectors.layers()}
    kiosks = _kiosks(stated)
    sites = _sites(stated, kiosks)
    branches: list[Branch] = []

    def add(layer: LayerId, depth: int, title: str = "", note: str = "") -> None:
        named = title or place_name(layer)
        branches.append(Branch(layer, named, note, depth, stated.get(layer)))

    add(LayerId(Scope.REGION, ""), 0)
    for department in sorted(set(Site.objects.values_list("department", flat=True))):
        add(LayerId(Scope.DEPARTMENT, department), 1)
        for site in sites:
            if site.department != department:
                continue
            add(LayerId(Scope.SITE, site.code), 2, site.name, site.code)
            for kiosk in kiosks:
                if kiosk.site_id == site.pk:
                    add(LayerId(Scope.KIOSK, kiosk.pk), 3, kiosk.pk, kiosk.label)
    return branches


def _kiosks(stated: dict[LayerId, Revision]) -> list[Kiosk]:
    names = [each.place for each in stated if each.scope == Scope.KIOSK]
    return list(Kiosk.objects.filter(pk__in=names))


def _sites(stated: dict[LayerId, Revision], kiosks: list[Kiosk]) -> list[Site]:
    codes = [each.place for each in stated if each.scope == Scope.SITE]
    ids = [kiosk.site_id for kiosk in kiosks]
    return list((Site.objects.filter(code__in=codes) | Site.objects.filter(pk__in=ids)).distinct())
