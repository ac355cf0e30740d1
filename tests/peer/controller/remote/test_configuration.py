"""`vigie configuration`, against a real `vigie web`."""

import json

import pytest

from tests.peer.controller.remote.conftest import Desk
from tests.peer.controller.remote.test_examples import examples
from tests.peer.region import Region

SITE = "site/ambert"


def vigie(desk: Desk, *words: str, code: int = 0, **more: str) -> str:
    said = desk.run("configuration", *words, **more)
    assert said.code == code, said.err
    return said.out if code == 0 else said.err


def test_a_layer_is_set_shown_told_of_and_reverted(desk: Desk, region: Region) -> None:
    vigie(desk, "set", SITE, "journal.max_mb=100", "udev/reader/usb_id=0000:0001",
          "udev.reader.symlink=reader", "--why", "small disk")  # fmt: skip
    first = json.loads(vigie(desk, "show", SITE, "--json"))
    assert first["document"]["journal"] == {"max_mb": 100}
    lines = [line.split() for line in vigie(desk, "show", SITE).splitlines()]
    assert ["journal.max_mb", "100"] in lines

    would = vigie(desk, "set", SITE, "journal.max_mb=300", "--dry-run")
    assert "pvp-63003-1" in would
    vigie(desk, "set", SITE, "journal.max_mb=300", "--inherit", "udev.reader", "--why", "new")
    after = json.loads(vigie(desk, "show", SITE, "--json"))
    assert after["document"] == {"journal": {"max_mb": 300}}
    assert "100" in vigie(desk, "diff", str(after["revision"]))

    vigie(desk, "revert", str(first["revision"]), "--why", "as before")
    assert json.loads(vigie(desk, "show", SITE, "--json"))["document"] == first["document"]
    assert vigie(desk, "history", SITE).count("small disk") == 1
    assert SITE in vigie(desk, "list")


def test_a_secret_comes_from_a_file_and_is_never_shown(desk: Desk, region: Region) -> None:
    (desk.home / "password.txt").write_text("clé-de-la-mairie\n")
    vigie(desk, "set", SITE, "network.wifi.hall.ssid=Mairie",
          "network.wifi.hall.password=@password.txt", "--why", "wifi")  # fmt: skip

    shown = vigie(desk, "show", SITE, "--json")
    vigie(desk, "set", SITE, "network.wifi.hall.ssid=Hall", "--why", "renamed")

    assert "mairie" not in shown
    assert "clé-de-la-mairie" in region.vigie("pillar", "pvp-63003-1", "--secrets")
    assert "clé-de-la-mairie" not in region.vigie("pillar", "pvp-63003-1")


def test_a_layer_is_changed_in_an_editor(desk: Desk) -> None:
    editor = desk.home / "editor"
    editor.write_text('#!/bin/sh\necho \'{"journal": {"max_days": 7}}\' > "$1"\n')
    editor.chmod(0o755)

    vigie(desk, "edit", "department/63", "--why", "shorter", EDITOR=str(editor))

    assert "journal.max_days" in vigie(desk, "show", "department/63")
    effective = vigie(desk, "effective", "pvp-63003-1")
    line = next(each for each in effective.splitlines() if each.startswith("journal.max_days"))
    assert line.split() == ["journal.max_days", "7", "department/63"]


def test_what_cannot_be_says_why(desk: Desk, viewers_desk: Desk) -> None:
    wrong = vigie(desk, "set", "region", "watchdog.timeout_s=2", "--why", "x", code=1)
    assert "watchdog.timeout_s is 2, must be a whole number from 10 to 600" in wrong
    assert "say why" in vigie(desk, "set", "region", "journal.max_mb=99", code=2)
    assert "no layer" in vigie(desk, "show", "planet/mars", code=2)
    vigie(viewers_desk, "set", "region", "journal.max_mb=99", "--why", "x", code=4)


def test_kiosks_that_wait_are_listed(desk: Desk, region: Region) -> None:
    region.python(
        "import django; django.setup()\n"
        "from controller.configuration.pillar import pillar; pillar('pvp-63003-2')"
    )
    vigie(desk, "set", "kiosk/pvp-63003-2", "journal.max_mb=64", "--why", "tiny disk")

    assert "pvp-63003-2" in vigie(desk, "pending")


@pytest.mark.parametrize(
    ("manual", "head"),
    [
        ("en/configuration.md", "## From the command line"),
        ("fr/configuration.md", "## En ligne de commande"),
    ],
)
def test_every_example_of_the_manual_works(desk: Desk, manual: str, head: str) -> None:
    vigie(desk, "set", SITE, "journal.max_mb=90", "--why", "first")
    revision = json.loads(vigie(desk, "show", SITE, "--json"))["revision"]
    lines = examples(manual, head)

    assert len(lines) > 10
    for line in lines:
        said = desk.bash(f"export EDITOR=true; {line.replace(' 12', f' {revision}')}")
        assert said.code == 0, f"{line}: {said.err}"
