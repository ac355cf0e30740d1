"""The inventory against GLPI's own public schema, strictly: no key that it does not know."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from django.utils import timezone

from agent.kinds import KINDS
from controller.fleet.models import Device, Kiosk
from controller.metrics.glpi import inventory
from controller.metrics.inventories import inventories
from tests import fleets

pytestmark = pytest.mark.django_db
SCHEMA = Path(__file__).parents[3] / "fixtures" / "glpi" / "inventory.schema.json"
FACTS = {"usb_id": "04a9:10d5", "serial": "E2", "product": "PIXMA", "maker": "Canon"}


def strict(schema: Any) -> Any:
    """The schema, with each object that lists its keys refusing any other."""
    if isinstance(schema, list):
        return [strict(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {key: strict(value) for key, value in schema.items()}
    if schema.get("type") == "object" and isinstance(schema.get("properties"), dict):
        closed["additionalProperties"] = False
    return closed


@pytest.fixture(scope="module")
def validator() -> jsonschema.Draft7Validator:
    return jsonschema.Draft7Validator(strict(json.loads(SCHEMA.read_text())))


def kiosk_with(*kinds: str) -> Kiosk:
    now: datetime = timezone.now()
    kiosk = fleets.kiosk()
    facts = {"os": "Debian GNU/Linux 12", "kernel": "6.1", "architecture": "x86_64", "model": "X1"}
    fleets.status(kiosk, now, inventory={"facts": facts})
    for seq, kind in enumerate(kinds, start=1):
        Device.objects.create(
            kiosk=kiosk, device=kind, kind=kind, health="ok", facts=FACTS,
            since=now, measured_at=now, epoch=fleets.EPOCH, seq=seq,
        )  # fmt: skip
    return kiosk


def test_a_kiosk_with_every_kind_of_device_is_valid(validator: jsonschema.Draft7Validator) -> None:
    kiosk_with(*(kind.name for kind in KINDS))
    (document,) = inventories()
    validator.validate(document)
    content = document["content"]
    assert content["cameras"][0]["manufacturer"] == "Canon"
    assert content["usbdevices"][0]["vendorid"] == "04a9"
    assert content["printers"][0]["name"] == "PIXMA"


def test_a_kiosk_never_heard_is_valid(validator: jsonschema.Draft7Validator) -> None:
    document = inventory(fleets.kiosk(), None, ())
    validator.validate(document)
    assert "printers" not in document["content"]


def test_the_machines_memory_is_told_in_megabytes(validator: jsonschema.Draft7Validator) -> None:
    kiosk = kiosk_with("system")
    Device.objects.filter(kiosk=kiosk).update(facts={"memory_bytes": 8 * 2**30})
    (document,) = inventories(kiosk.pk)
    validator.validate(document)
    assert document["content"]["hardware"]["memory"] == 8192


@pytest.mark.parametrize("said", ["much", True, None, -1, 1e300])
def test_a_kiosk_that_lies_about_its_memory_is_told_without(
    validator: jsonschema.Draft7Validator, said: object
) -> None:
    kiosk = kiosk_with("system")
    Device.objects.filter(kiosk=kiosk).update(facts={"memory_bytes": said})
    (document,) = inventories(kiosk.pk)
    validator.validate(document)
    assert "memory" not in document["content"]["hardware"]


def test_the_schema_refuses_a_key_that_it_does_not_know(
    validator: jsonschema.Draft7Validator,
) -> None:
    document = inventory(fleets.kiosk(), None, ())
    document["content"]["hardware"]["colour"] = "blue"
    with pytest.raises(jsonschema.ValidationError, match="colour"):
        validator.validate(document)
