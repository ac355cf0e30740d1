"""The generated document: valid AsyncAPI, up to date, and true to what the door accepts."""

import json
from pathlib import Path

import jsonschema
import pytest

from contract import document, messages
from contract.topics import Channel

_ROOT = Path(__file__).parents[3]
_SPECIFICATION = _ROOT / "tests" / "fixtures" / "asyncapi" / "3.0.0.json"
_WIRE = _ROOT / "tests" / "fixtures" / "wire"


def test_it_is_valid_asyncapi_3() -> None:
    schema = json.loads(_SPECIFICATION.read_text())
    jsonschema.Draft7Validator(schema).validate(document.document())


def test_an_invalid_document_would_be_found() -> None:
    schema = json.loads(_SPECIFICATION.read_text())
    broken = document.document() | {"channels": {"report": {"address": 7}}}
    assert not jsonschema.Draft7Validator(schema).is_valid(broken)


def test_the_stored_document_is_the_generated_one() -> None:
    stored = json.loads((_ROOT / "docs" / "protocol" / "asyncapi.json").read_text())
    assert stored == json.loads(json.dumps(document.document()))


@pytest.mark.parametrize("path", sorted(_WIRE.glob("*.json")), ids=lambda path: path.stem)
def test_golden_messages_fit_their_schema_and_the_door(path: Path) -> None:
    channel = Channel(path.stem.partition("-")[0])
    payload = path.read_bytes()
    schema = {
        "$ref": f"#/components/schemas/{messages.TYPES[channel].__name__}",
        **document.document(),
    }
    jsonschema.Draft202012Validator(schema).validate(json.loads(payload))
    message = messages.decode(channel, payload)
    assert messages.decode(channel, messages.encode(message)) == message
