"""What the agent makes of the list of firmware, and what it keeps."""

import json
from pathlib import Path

import pytest

from agent.errors import AgentError
from agent.stocktaking import command, listed

WEBCAM = {
    "id": "08d460be",
    "name": "Integrated Webcam",
    "version": "1.2.3",
    "vendor": "ACME Corp.",
    "guids": ["b585990a-003e-5270-89d5-3705a17f9a43"],
    "usb_id": "",
    "is_updatable": True,
    "release": "",
    "remote": "",
    "hook": "fwupd",
}


def test_what_the_command_lists_is_what_the_inventory_says() -> None:
    told = {"release": "2026.12", "devices": [WEBCAM], "troubles": []}
    (found,) = listed(json.dumps(told), "")
    assert (found.device, found.version, found.hook) == ("08d460be", "1.2.3", "fwupd")
    assert found.is_updatable


@pytest.mark.parametrize("said", ["", "Traceback", '{"error": "there is no signed release"}'])
def test_what_is_no_list_is_said_as_it_was_heard(said: str) -> None:
    with pytest.raises(AgentError, match="firmware inventory: "):
        listed(said, "")


def test_the_list_is_asked_for_with_the_agents_own_configuration() -> None:
    asked = command(["vigie-agent", "run", "--config", "/srv/kiosk/agent.toml"])
    assert asked[-2:] == ["--config", "/srv/kiosk/agent.toml"]
    assert "--config" not in command(["vigie-agent", "run"])
    assert Path(asked[0]).is_absolute()
