"""Layers become one: the narrower wins, and it is known who said what."""

from typing import Any

from hypothesis import given

from controller.configuration import shape
from controller.configuration.merge import Layer, Merged, merge
from tests.unit.controller.configuration.layers import KIOSK, REGION, SITE, chains


def _merged(*documents: dict[str, Any]) -> Merged:
    return merge(map(Layer, (REGION, SITE, KIOSK), documents))


def test_maps_merge_and_all_else_is_replaced_by_the_narrower() -> None:
    merged = _merged(
        {"time": {"servers": ["a", "b"]}, "udev": {"one": {"usb_id": "0000:0001"}}},
        {"time": {"servers": ["c"]}, "udev": {"two": {"usb_id": "0000:0002"}}},
    )

    assert merged.document == {
        "time": {"servers": ["c"]},
        "udev": {"one": {"usb_id": "0000:0001"}, "two": {"usb_id": "0000:0002"}},
    }
    assert merged.sources == {
        ("time", "servers"): SITE,
        ("udev", "one", "usb_id"): REGION,
        ("udev", "two", "usb_id"): SITE,
    }


def test_null_takes_an_entry_out_and_who_did_is_known() -> None:
    merged = _merged(
        {"printing": {"queues": {"a4": {"uri": "ipp:x"}}}}, {"printing": {"queues": {"a4": None}}}
    )

    assert merged.document == {"printing": {"queues": {}}}
    assert merged.removed == {("printing", "queues", "a4"): SITE}
    assert merged.sources == {}


def test_an_entry_taken_out_is_begun_anew_by_a_narrower_layer() -> None:
    merged = _merged(
        {"udev": {"reader": {"usb_id": "0000:0001", "group": "lp"}}},
        {"udev": {"reader": None}},
        {"udev": {"reader": {"usb_id": "0000:0002"}}},
    )

    assert merged.document == {"udev": {"reader": {"usb_id": "0000:0002"}}}
    assert merged.removed == {}


def test_null_is_a_value_where_a_field_may_be_null() -> None:
    merged = _merged(
        {"application": {"restart_at": "04:00"}}, {"application": {"restart_at": None}}
    )

    assert merged.document == {"application": {"restart_at": None}}


@given(chains())
def test_the_narrowest_word_always_stands(layers: list[Layer]) -> None:
    merged = merge(layers)

    for path, value, kind in shape.leaves(layers[-1].document if layers else {}):
        if value is None and path not in merged.sources:
            assert merged.removed[path] == layers[-1].id
        elif isinstance(kind, shape.Leaf):
            assert merged.sources[path] == layers[-1].id
            assert _at(merged.document, path) == value


@given(chains())
def test_every_value_has_the_one_layer_that_said_it(layers: list[Layer]) -> None:
    merged = merge(layers)
    said = {layer.id: layer.document for layer in layers}

    values = {
        path: value
        for path, value, kind in shape.leaves(merged.document)
        if isinstance(kind, shape.Leaf)
    }
    assert set(values) == set(merged.sources)
    for path, source in merged.sources.items():
        assert _at(said[source], path) == values[path]


@given(chains())
def test_a_layer_twice_says_no_more_than_once(layers: list[Layer]) -> None:
    assert merge([*layers, *layers[-1:]]) == merge(layers)


@given(chains())
def test_a_silent_layer_changes_nothing(layers: list[Layer]) -> None:
    silent = [each for layer in layers for each in (Layer(layer.id, {}), layer)]

    assert merge(silent) == merge(layers)


@given(chains())
def test_merging_leaves_the_layers_as_they_were(layers: list[Layer]) -> None:
    before = repr(layers)

    merge(layers)

    assert repr(layers) == before


def _at(document: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        document = document[name]
    return document
