"""A kiosk is given the whole as of its revision, secrets opened there alone."""

import json
from typing import Any

import pytest
from django.utils import timezone

from controller.accounts.models import AuditEntry
from controller.configuration import selectors, services
from controller.configuration.errors import Breaks, Changed, Invalid
from controller.configuration.merge import LayerId
from controller.configuration.models import Revision
from controller.configuration.pillar import pillar
from controller.configuration.sealed import MASK, masked
from controller.errors import NotFound, Refused
from tests.fleets import kiosk, site

pytestmark = pytest.mark.django_db

REGION, DEPARTMENT = LayerId("region", ""), LayerId("department", "63")
SITE, KIOSK = LayerId("site", "ambert"), LayerId("kiosk", "pvp-63003-1")


def _edit(layer: LayerId, document: dict[str, Any], **more: Any) -> Revision:
    return services.edit(layer, document, **{"why": "a test", "user": None} | more)


def _pillar() -> dict[str, Any]:
    found: dict[str, Any] = pillar("pvp-63003-1")["vigie"]
    return found


def test_the_pillar_of_a_kiosk_of_which_nobody_said_anything_is_whole() -> None:
    kiosk()

    made = _pillar()

    assert (made["kiosk"], made["kind"], made["site"]) == ("pvp-63003-1", "pvp", "ambert")
    assert made["revision"] == 0
    assert made["time"]["zone"] == "Europe/Paris"
    assert len(made["digest"]) == 64


def test_the_narrower_layer_wins_in_the_pillar() -> None:
    kiosk()
    _edit(KIOSK, {"time": {"zone": "Europe/Lisbon"}})
    _edit(REGION, {"time": {"zone": "Europe/Rome"}, "journal": {"max_mb": 100}})
    _edit(DEPARTMENT, {"journal": {"max_mb": 150}})
    last = _edit(SITE, {"journal": {"max_days": 10}})

    made = _pillar()

    assert made["time"]["zone"] == "Europe/Lisbon"
    assert made["journal"] == {"max_mb": 150, "max_days": 10}
    assert made["revision"] == last.pk


def test_an_edit_reaches_a_kiosk_only_once_it_is_assigned() -> None:
    kiosk()
    before = _pillar()

    new = _edit(REGION, {"journal": {"max_mb": 100}})
    assert _pillar() == before
    assert selectors.is_pending("pvp-63003-1")
    services.assign(["pvp-63003-1"], new.pk, timezone.now())

    assert _pillar()["journal"]["max_mb"] == 100
    assert not selectors.is_pending("pvp-63003-1")


def test_an_edit_elsewhere_leaves_a_kiosk_with_nothing_pending() -> None:
    kiosk()
    site("vichy", department="03")
    _pillar()

    _edit(LayerId("department", "03"), {"journal": {"max_mb": 100}})

    assert selectors.pending() == []


def test_a_kiosk_that_has_no_pillar_yet_begins_with_the_newest() -> None:
    kiosk()
    _edit(REGION, {"journal": {"max_mb": 100}})

    assert _pillar()["journal"]["max_mb"] == 100


def test_the_digest_is_of_the_document_alone() -> None:
    kiosk()
    before = _pillar()
    new = _edit(REGION, {"time": {"zone": "Europe/Paris"}})
    services.assign(["pvp-63003-1"], new.pk, timezone.now())

    assert _pillar()["digest"] == before["digest"]


def test_a_kiosk_that_is_none_has_no_pillar() -> None:
    with pytest.raises(NotFound):
        pillar("pvp-00000-9")


def _wifi(password: str) -> dict[str, Any]:
    return {"network": {"wifi": {"hall": {"ssid": "Mairie", "password": password}}}}


def test_a_secret_is_sealed_at_rest_and_opened_in_the_pillar_alone() -> None:
    kiosk()
    row = _edit(SITE, _wifi("clé-de-la-mairie"))

    row.refresh_from_db()
    assert "mairie" not in json.dumps(row.document)
    assert masked(row.document) == _wifi(MASK)
    assert _pillar()["network"]["wifi"]["hall"]["password"] == "clé-de-la-mairie"
    assert "mairie" not in str(list(AuditEntry.objects.values("details", "why", "subject")))


def test_a_mask_sent_back_keeps_the_secret() -> None:
    kiosk()
    _edit(SITE, _wifi("clé-de-la-mairie"))

    _edit(SITE, {**_wifi(MASK), "journal": {"max_mb": 100}})

    made = _pillar()
    assert made["journal"]["max_mb"] == 100
    assert made["network"]["wifi"]["hall"]["password"] == "clé-de-la-mairie"


def test_the_same_secret_again_is_no_change() -> None:
    kiosk()
    row = _edit(SITE, _wifi("clé-de-la-mairie"))

    assert _edit(SITE, _wifi("clé-de-la-mairie")) == row
    assert Revision.objects.count() == 1


def test_a_mask_where_there_is_no_secret_is_refused() -> None:
    kiosk()

    with pytest.raises(Invalid, match="this layer has none yet"):
        _edit(SITE, _wifi(MASK))


def test_an_edit_that_would_leave_a_kiosk_incomplete_names_it() -> None:
    kiosk()
    site("vichy", department="03")

    with pytest.raises(Breaks, match=r"pvp-63003-1: udev\.reader\.symlink must be said"):
        _edit(DEPARTMENT, {"udev": {"reader": {"usb_id": "0000:0001"}}})

    assert Revision.objects.count() == 0


def test_a_kiosk_that_lacked_something_before_keeps_nobody_from_editing() -> None:
    kiosk()
    _edit(KIOSK, {"udev": {"reader": {"usb_id": "0000:0001", "symlink": "reader"}}})
    _edit(DEPARTMENT, {"udev": {"reader": {"group": "lp"}}})
    newcomer = kiosk("pvp-63003-2")

    _edit(REGION, {"journal": {"max_mb": 100}})

    with pytest.raises(Breaks, match=r"pvp-63003-2: udev\.reader\.symlink must be said"):
        pillar(newcomer.id)


def test_what_one_layer_lacks_another_may_say() -> None:
    kiosk()
    _edit(KIOSK, {"udev": {"reader": {"usb_id": "0000:0001", "symlink": "reader"}}})

    _edit(REGION, {"udev": {"reader": {"group": "lp"}}})

    services.assign(["pvp-63003-1"], Revision.objects.latest("pk").pk, timezone.now())
    assert _pillar()["udev"]["reader"]["group"] == "lp"


def test_an_edit_of_what_somebody_has_changed_since_is_refused() -> None:
    kiosk()
    first = _edit(SITE, {"journal": {"max_mb": 100}}, expected=0)
    _edit(SITE, {"journal": {"max_mb": 120}}, expected=first.pk)

    with pytest.raises(Changed):
        _edit(SITE, {"journal": {"max_mb": 140}}, expected=first.pk)


def test_a_revert_writes_the_next_revision_and_says_which_it_repeats() -> None:
    kiosk()
    first = _edit(SITE, _wifi("un"))
    second = _edit(SITE, {})

    third = services.revert(first.pk, why="the network is back", user=None)

    assert third.pk > second.pk
    assert third.reverts_to == first
    assert _pillar()["network"]["wifi"]["hall"]["password"] == "un"


def test_a_revert_to_what_is_said_already_writes_nothing() -> None:
    kiosk()
    first = _edit(SITE, {"journal": {"max_mb": 100}})

    assert services.revert(first.pk, why="again", user=None) == first


def test_the_audit_says_who_changed_what_where_and_why() -> None:
    kiosk()
    row = _edit(SITE, {"journal": {"max_mb": 100}}, why="the disk is small", actor="cli:root")

    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.action) == ("cli:root", "configuration.edit")
    assert (entry.subject, entry.why) == ("site ambert", "the disk is small")
    assert entry.details == {"revision": row.pk, "changed": ["journal.max_mb"]}


def test_an_edit_says_why() -> None:
    kiosk()

    with pytest.raises(Refused, match="why is empty"):
        _edit(SITE, {"journal": {"max_mb": 100}}, why=" ")


@pytest.mark.parametrize(
    "layer", [("region", "x"), ("department", "99"), ("site", "nowhere"), ("kiosk", "pvp-x")]
)
def test_a_layer_is_of_a_place_that_there_is(layer: tuple[str, str]) -> None:
    with pytest.raises(NotFound):
        _edit(LayerId(*layer), {})


def test_a_pillar_reads_no_layers_of_others(django_assert_num_queries: Any) -> None:
    for n in range(5):
        kiosk(f"pvp-63003-{n}")
        _edit(LayerId("kiosk", f"pvp-63003-{n}"), {"journal": {"max_mb": 100 + n}})
    _pillar()

    with django_assert_num_queries(3) as captured:
        made = _pillar()

    assert made["journal"]["max_mb"] == 101
    assert "pvp-63003-2" not in str(captured.captured_queries)


def test_pending_kiosks_are_found_in_few_queries(django_assert_max_num_queries: Any) -> None:
    for n in range(20):
        kiosk(f"pvp-63003-{n}")
        pillar(f"pvp-63003-{n}")
    _edit(SITE, {"journal": {"max_mb": 100}})

    with django_assert_max_num_queries(5):
        found = selectors.pending()

    assert len(found) == 20
