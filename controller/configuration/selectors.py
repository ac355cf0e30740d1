"""What is read of the configuration. Documents are as stored: show them by `sealed.masked`."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Max, QuerySet

from controller.configuration.book import Book, book, chain
from controller.configuration.merge import LayerId
from controller.configuration.models import Assignment, Revision
from controller.errors import NotFound
from controller.fleet.models import Kiosk, Site


@dataclass(frozen=True, slots=True)
class Stated:
    """A layer that says something: its last revision."""

    layer: LayerId
    revision: Revision


def newest() -> Revision | None:
    """The last revision of all layers; None before anything was configured."""
    return Revision.objects.order_by("-pk").first()


def latest(layer: LayerId) -> Revision | None:
    """The last revision of one layer; None for one that never said anything."""
    return history(layer).first()


def history(layer: LayerId) -> QuerySet[Revision]:
    """All that a layer ever said, the newest first."""
    return Revision.objects.filter(scope=layer.scope, place=layer.place).order_by("-pk")


def revision(number: int) -> Revision:
    """Raises NotFound."""
    found = Revision.objects.filter(pk=number).first() if 0 < number < 2**63 else None
    if found is None:
        raise NotFound(f"no revision {number} of the configuration")
    return found


def before(of: Revision) -> Revision | None:
    """The revision of the same layer that it followed."""
    return history(LayerId(of.scope, of.place)).filter(pk__lt=of.pk).first()


def layers() -> list[Stated]:
    """Every layer that ever said something, the widest first."""
    latest_ids = Revision.objects.order_by().values("scope", "place").annotate(last=Max("pk"))
    rows = Revision.objects.filter(pk__in=[each["last"] for each in latest_ids])
    rank = {scope: n for n, scope in enumerate(Revision.Scope.values)}
    found = [Stated(LayerId(row.scope, row.place), row) for row in rows]
    return sorted(found, key=lambda each: (rank[each.layer.scope], each.layer.place))


def kiosk(name: str) -> Kiosk:
    """With its site. Raises NotFound."""
    found = Kiosk.objects.select_related("site").filter(pk=name).first()
    if found is None:
        raise NotFound(f"no kiosk {name[:63]!r}: `vigie fleet` shows them")
    return found


def kiosks(layer: LayerId) -> list[Kiosk]:
    """Those for which a layer speaks, with their sites."""
    rows = Kiosk.objects.select_related("site").order_by("pk")
    match layer.scope:
        case Revision.Scope.DEPARTMENT:
            rows = rows.filter(site__department=layer.place)
        case Revision.Scope.SITE:
            rows = rows.filter(site__code=layer.place)
        case Revision.Scope.KIOSK:
            rows = rows.filter(pk=layer.place)
    return list(rows)


def assignment(kiosk_id: str) -> Assignment | None:
    """The revision a kiosk's pillar is made as of; None for one that never asked for its pillar."""
    return Assignment.objects.select_related("revision").filter(pk=kiosk_id).first()


@dataclass(frozen=True, slots=True)
class Pending:
    """A kiosk for which something newer is written than it is assigned."""

    kiosk: Kiosk
    revision: int | None  # that it is assigned
    since: datetime


def is_pending(kiosk_id: str) -> bool:
    """Whether a rollout of the newest revision would change its configuration.

    A kiosk without an assignment takes the newest by itself.
    """
    row = Assignment.objects.select_related("kiosk__site").filter(pk=kiosk_id).first()
    if row is None:
        return False
    last, own = newest(), chain(row.kiosk)
    present = book(last.pk if last else None, own)
    return bool(differing(book(row.revision_id, own), present, [row.kiosk]))


def differing(one: Book, other: Book, among: Iterable[Kiosk]) -> list[Kiosk]:
    """Those of which the two books make something different."""
    return [each for each in among if one.of(each).document != other.of(each).document]


def pending() -> list[Pending]:
    """Every kiosk whose newest configuration is another than its assigned one."""
    found = []
    last = newest()
    present = book(last.pk if last else None)
    books: dict[int | None, Book] = {present.as_of: present}
    for row in Assignment.objects.select_related("kiosk__site").order_by("pk"):
        number = row.revision_id
        if number not in books:
            books[number] = book(number)
        if differing(books[number], present, [row.kiosk]):
            found.append(Pending(row.kiosk, number, row.since))
    return found


def wider(layer: LayerId) -> tuple[LayerId, ...]:
    """The layers above one, the widest first. Raises NotFound."""
    region = LayerId(Revision.Scope.REGION, "")
    match layer.scope:
        case Revision.Scope.DEPARTMENT:
            return (region,)
        case Revision.Scope.SITE:
            site = Site.objects.filter(code=layer.place).first()
            if site is None:
                raise NotFound(f"no site {layer.place[:63]!r}")
            return (region, LayerId(Revision.Scope.DEPARTMENT, site.department))
        case Revision.Scope.KIOSK:
            return chain(kiosk(layer.place))[:-1]
    return ()
