"""A layer is held against the schema value by value, the whole for what it lacks."""

from typing import Any

import jsonschema
import msgspec
import pytest
from hypothesis import given

from controller.configuration import validate
from controller.configuration.document import Document, plain
from controller.configuration.errors import Breaks, Invalid
from controller.configuration.merge import Layer, merge
from tests.unit.controller.configuration.layers import REGION, said


@pytest.mark.parametrize(
    ("layer", "error"),
    [
        (
            {"watchdog": {"timeout_s": 2}},
            "watchdog.timeout_s is 2, must be a whole number from 10 to 600",
        ),
        (
            {"maintenance": {"days": ["Mo", "Di"]}},
            'maintenance.days is ["Mo", "Di"], must be a list, each one of:'
            " Fr, Mo, Sa, Su, Th, Tu, We",
        ),
        (
            {"updates": {"is_on": True}},
            "updates.is_on is no setting, must be one of: is_enabled, may_reboot",
        ),
        ({"time": None}, "time is null, must be an object"),
        ({"udev": {"Café": {}}}, 'udev.Café is "Caf\\u00e9", must be named as text like'),
        (
            {"network": {"wifi": {"hall": {"ssid": "x", "password": 7}}}},
            "network.wifi.hall.password must be a line of text of at most 500 characters",
        ),
        ([], "the configuration is [], must be an object"),
    ],
)
def test_an_error_names_path_value_and_what_it_must_be(layer: Any, error: str) -> None:
    with pytest.raises(Invalid) as refused:
        validate.require(layer)

    assert str(refused.value).startswith(error)


@pytest.mark.parametrize("text", ["a\n", "a\x00", "\x7f", "\ud800"])
def test_no_text_ends_a_line_or_is_half_a_character(text: str) -> None:
    (problem,) = validate.problems({"audio": {"output": text}})

    assert problem.path == ("audio", "output")


def test_a_layer_may_say_a_part_and_take_entries_out() -> None:
    layer = {"agent": {"peripherals": {"camera": {"is_required": False}, "printer": None}}}

    assert validate.problems(layer) == []


def test_the_whole_names_what_it_lacks_and_the_kiosk() -> None:
    with pytest.raises(Breaks) as refused:
        validate.whole({"printing": {"queues": {"a4": {"driver": "raw"}}}}, "pvp-63003-1")

    assert str(refused.value) == (
        "1 kiosks would be incomplete: pvp-63003-1:"
        r" printing.queues.a4.uri must be said: text like ^[a-z]+:\S+$"
    )


def test_what_no_layer_says_has_its_default() -> None:
    assert validate.whole({}, "pvp-63003-1") == Document()


def test_the_schema_is_a_schema_and_requires_nothing() -> None:
    schema = validate.layer_schema()

    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(plain(Document()), schema)
    assert "'required':" not in str(schema)


@given(said())
def test_the_schema_and_we_agree(layer: Any) -> None:
    by_schema = jsonschema.Draft202012Validator(validate.layer_schema()).is_valid(layer)

    assert (validate.problems(layer) == []) == by_schema


@given(said())
def test_a_good_whole_is_a_document_and_no_other_is(layer: Any) -> None:
    document = merge([Layer(REGION, layer)]).document
    is_whole = validate.problems(document) == [] and validate.missing(document) == []

    try:
        msgspec.convert(document, Document)
    except msgspec.ValidationError:
        assert not is_whole
    else:
        assert is_whole
