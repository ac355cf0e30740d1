"""agent.toml: what it gives, and how it complains."""

from pathlib import Path

import pytest

from agent.config import Acts, Match, Peripheral, PowerMethod, RecoveryLimits
from agent.configfile import check_credentials, load
from agent.errors import ConfigError

MINIMAL = """kiosk = "pvp-63003-1"
[broker]
host = "vigie.example.org"
ca = "ca.pem"
certificate = "kiosk.pem"
key = "kiosk.key"
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "agent.toml"
    path.write_text(text)
    return path


def complaint(folder: Path, text: str) -> str:
    """What is said of `text`, without the folder."""
    with pytest.raises(ConfigError) as caught:
        load(write(folder, text))
    return str(caught.value).replace(f"{folder}/", "")


def test_defaults_are_those_of_the_documentation(tmp_path: Path) -> None:
    config = load(write(tmp_path, MINIMAL))
    assert (config.broker.port, config.broker.keepalive_s, config.broker.will_delay_s) == (
        *(8883, 60, 10),
    )
    assert (config.outbox.max_bytes, config.outbox.max_age_h) == (64 * 1024 * 1024, 720)
    assert config.power is PowerMethod.SYSTEMD
    assert config.state_dir == Path("/var/lib/vigie-agent")
    assert config.required == {"system", "storage", "network"}


def test_relative_paths_start_at_the_file(tmp_path: Path) -> None:
    config = load(write(tmp_path, MINIMAL.replace("[broker]", 'state_dir = "state"\n[broker]')))
    assert config.broker.key == tmp_path / "kiosk.key"
    assert config.state_dir == tmp_path / "state"


def test_peripherals_are_read_in_order(tmp_path: Path) -> None:
    text = MINIMAL + (
        '[[peripheral]]\nid = "camera"\nkind = "camera"\nmatch = { usb_id = "046d:0825" }\n'
        '[[peripheral]]\nid = "reader"\nkind = "barcode-reader"\nrequired = false\n'
    )
    config = load(write(tmp_path, text))
    assert config.peripherals == (
        Peripheral("camera", "camera", match=Match(usb_id="046d:0825")),
        Peripheral("reader", "barcode-reader", is_required=False),
    )
    assert config.required == {"system", "storage", "network", "camera"}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "pvp-63003-1",
            "Ambert 1",
            "agent.toml, line 1: kiosk is 'Ambert 1', must be a kiosk id like pvp-63003-1",
        ),
        (
            'host = "vigie.example.org"',
            'host = "a b"',
            "agent.toml, line 3: broker.host is 'a b', must be the broker's host name or address",
        ),
        (
            'ca = "ca.pem"',
            "port = 88830",
            "agent.toml, line 4: broker.port is 88830, must be a whole number from 1 to 65535",
        ),
        (
            'key = "kiosk.key"\n',
            "",
            "agent.toml, line 2: broker.key is missing, must be the PEM file",
        ),
        (
            "ca =",
            "keepalive = 3\nca =",
            "agent.toml, line 4: broker.keepalive is not a known key, must be keepalive_s",
        ),
        (
            "[broker]",
            "[borker]",
            "agent.toml, line 1: broker is missing, must be a table [broker]",
        ),
        (
            "[broker]",
            'colour = "blue"\n[broker]',
            "agent.toml, line 2: colour is not a known key, must be one of ",
        ),
        (
            'host = "vigie',
            "host = vigie",
            "agent.toml, line 3: syntax is wrong (Invalid value), must be TOML",
        ),
    ],
)
def test_a_complaint_names_file_line_key_value_and_remedy(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    assert complaint(tmp_path, MINIMAL.replace(old, new)).startswith(said)


@pytest.mark.parametrize(
    ("tables", "said"),
    [
        (
            "[probes]\nsystem_s = 0.5\n",
            "agent.toml, line 8: probes.system_s is 0.5, must be a number from 1 to 86400",
        ),
        (
            "[outbox]\nmax_age_h = 24\n",
            "agent.toml, line 8: outbox.max_age_h is 24, must be a number from 72 to 87600",
        ),
        (
            "[power]\nmethod = true\n",
            'agent.toml, line 8: power.method is True, must be "systemd" or "simulated"',
        ),
        (
            '[[peripheral]]\nid = "a"\nkind = "camera"\n'
            '[[peripheral]]\nid = "a"\nkind = "screen"\n',
            "agent.toml, line 11: peripheral.id is 'a', must be unique, and not system, storage",
        ),
        (
            '[[peripheral]]\nid = "a"\nkind = "camera"\nmatch = { usb = "046d:0825" }\n',
            "agent.toml, line 10: peripheral.match.usb is not a known key, must be usb_id",
        ),
        (
            '[[peripheral]]\nid = "a"\nkind = "camera"\nmatch = { usb_id = "C270" }\n',
            "agent.toml, line 10: peripheral.match.usb_id is 'C270', must be vendor:product like",
        ),
        (
            "[peripheral]\nid = 'a'\n",
            "agent.toml, line 7: peripheral is {'id': 'a'}, must be tables [[peripheral]]",
        ),
    ],
)
def test_a_complaint_names_the_line_in_the_right_table(
    tmp_path: Path, tables: str, said: str
) -> None:
    assert complaint(tmp_path, MINIMAL + tables).startswith(said)


def test_a_file_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"agent.toml is unreadable \(No such file"):
        load(tmp_path / "agent.toml")


def test_a_file_that_is_not_text_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "agent.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="is not text, must be UTF-8"):
        load(tmp_path / "agent.toml")


def test_a_kiosk_without_credentials_is_told_to_enrol(tmp_path: Path) -> None:
    config = load(write(tmp_path, MINIMAL))
    with pytest.raises(ConfigError, match="must be a file: enrol this kiosk first"):
        check_credentials(config)


PRINTER = '[[peripheral]]\nid = "p"\nkind = "printer"\nmatch = {{ queue = "L" }}\nrecovery = {}\n'
CAMERA = '[[peripheral]]\nid = "c"\nkind = "camera"\nmatch = {{ port = "1-1" }}\nrecovery = {}\n'


def test_what_may_be_tried_is_read_in_order(tmp_path: Path) -> None:
    text = MINIMAL + CAMERA.format('["rebind", "restart:cups.service", "reboot"]')
    [camera] = load(write(tmp_path, text)).peripherals
    assert [str(rung) for rung in camera.recovery] == ["rebind", "restart:cups.service", "reboot"]


def test_unless_told_otherwise_nothing_is_tried(tmp_path: Path) -> None:
    config = load(write(tmp_path, MINIMAL + CAMERA.format("[]")))
    assert config.peripherals[0].recovery == ()
    assert config.recovery == RecoveryLimits(per_day=3, reboots_per_day=1, after_s=60, verify_s=60)


@pytest.mark.parametrize(
    "ladder",
    [
        '["replug"]',
        '["restart"]',
        '["restart:cups"]',
        '["restart:../x.service"]',
        '["restart:vigie-agent.service"]',
        '["reboot", "rebind"]',
        '["rebind", "rebind"]',
        '"rebind"',
        "[1]",
    ],
)
def test_a_ladder_that_cannot_be_climbed_is_refused(tmp_path: Path, ladder: str) -> None:
    said = complaint(tmp_path, MINIMAL + CAMERA.format(ladder))
    assert said.startswith("agent.toml, line 11: peripheral.recovery is ")
    assert "each once, reboot last" in said


def test_a_usb_remedy_wants_to_know_which_usb_device(tmp_path: Path) -> None:
    said = complaint(tmp_path, MINIMAL + PRINTER.format('["rebind"]'))
    assert "must be without rebind, or with match.usb_id, match.serial or match.port" in said


def test_limits_of_recovery_have_bounds(tmp_path: Path) -> None:
    said = complaint(tmp_path, MINIMAL + "[recovery]\nreboots_per_day = 9\n")
    assert "recovery.reboots_per_day is 9, must be a whole number from 0 to 4" in said


def test_commands_may_use_what_is_found_where_nothing_is_said(tmp_path: Path) -> None:
    assert load(write(tmp_path, MINIMAL)).acts == Acts()


def test_what_commands_may_use_is_read(tmp_path: Path) -> None:
    text = """
[commands]
controller = "https://vigie.example.org:9443"
log_units = ["cups.service", "kernel"]
message = ["/usr/bin/zenity", "--info", "--text"]
display = ":0"
"""
    assert load(write(tmp_path, MINIMAL + text)).acts == Acts(
        controller="https://vigie.example.org:9443",
        log_units=("cups.service", "kernel"),
        message=("/usr/bin/zenity", "--info", "--text"),
        display=":0",
    )


@pytest.mark.parametrize(
    ("line", "remedy"),
    [
        ('controller = "http://a"', "commands.controller is 'http://a', must be https://HOST:PORT"),
        ('log_units = ["cups"]', "must be a list of units like"),
        ('message = ["zenity"]', "must be a program's absolute path and its arguments"),
        ('message = "zenity"', "must be a program's absolute path and its arguments"),
        ('display = "screen"', "must be an X display like :0"),
    ],
)
def test_what_commands_cannot_use_is_refused(tmp_path: Path, line: str, remedy: str) -> None:
    assert remedy in complaint(tmp_path, f"{MINIMAL}\n[commands]\n{line}\n")
