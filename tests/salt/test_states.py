"""What a kiosk must look like, applied to a small Debian system with a real systemd."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from controller.configuration.document import (
    Agent,
    Application,
    Document,
    Firewall,
    Hardening,
    Match,
    Network,
    Opening,
    Peripheral,
    Printing,
    Queue,
    UdevRule,
    Wifi,
)
from simulator.machine import root as files
from simulator.machine.machine import Machine
from tests.peer.region import ROOT
from tests.salt.stage import PROGRAMS, is_installed

KIOSK = "pvp-63003-1"
SECRET = "not for the eyes of others"
#: What the states want to be installed and a system without a network cannot fetch. Chromium is
#: not among them, for its size: its files and units are written all the same where it is not asked
#: to run, and here it is not configured.
PACKAGES = (
    "cups", "cups-client", "cups-daemon", "cups-filters", "cups-ipp-utils", "network-manager",
    "nftables", "openssh-server", "sane-airscan", "sane-utils", "systemd-timesyncd", "tzdata",
    "unattended-upgrades", "wpasupplicant",
)  # fmt: skip
DOCUMENT = Document(
    hardening=Hardening(is_ssh_enabled=True, ssh_keys={"marie": "ssh-ed25519 AAAA"}),
    firewall=Firewall(openings={"snmp": Opening(161, "udp", ("192.0.2.0/24", "2001:db8::/32"))}),
    network=Network(wifi={"annex": Wifi("Annexe de la mairie", SECRET)}),
    application=Application(url=""),
    printing=Printing(queues={"laser": Queue("socket://192.0.2.9:9100", "raw", is_default=True)}),
    udev={"scanner": UdevRule("04b8:0142", "kiosk-scanner", "plugdev")},
    agent=Agent(
        video_platform="https://visio.example.org",
        peripherals={
            "camera": Peripheral("camera", match=Match(usb_id="046d:0825")),
            "printer": Peripheral("printer", False, Match(queue="laser"), {"stuck_after_s": 600}),
        },
    ),
)
AGENT_TOML = f"""\
kiosk = "{KIOSK}"

[broker]
host = "vigie.example.org"
ca = "ca.pem"
certificate = "kiosk.pem"
key = "kiosk.key"
"""


def pillar(document: Document = DOCUMENT, kiosk: str = KIOSK) -> dict[str, Any]:
    """As the controller gives it."""
    plain = msgspec.to_builtins(document)
    digest = sha256(msgspec.json.encode(plain, order="deterministic")).hexdigest()
    told = {"kiosk": kiosk, "kind": "pvp", "site": "ambert", "revision": 7, "digest": digest}
    return {"vigie": {**told, **plain}}


class Kiosk:
    """A system on which states are applied by `salt-call --local`."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine

    def apply(self, *words: str, given: dict[str, Any] | None = None) -> tuple[int, Any]:
        """Exit status, and what came of each state by its id; or the list of complaints."""
        lay(self.machine.root, given if given is not None else pillar())
        command = [str(PROGRAMS / "salt-call"), "--local", "--out=json", "--log-level=error"]
        where = [
            "--id",
            KIOSK,
            "--file-root",
            f"{ROOT}/salt_states",
            "--pillar-root",
            "/srv/pillar",
        ]
        done = self.machine.run([*command, *where, "--retcode-passthrough", *words])
        self.said = done.stdout + done.stderr
        start = done.stdout.find("{")
        assert start >= 0, self.said
        told = json.loads(done.stdout[start:])["local"]
        if isinstance(told, dict):
            told = {one.get("__id__", key): one for key, one in told.items()}
        return done.returncode, told

    def text(self, path: str) -> str:
        return (self.machine.root / path.lstrip("/")).read_text()


def lay(root: Path, given: dict[str, Any]) -> None:
    folder = root / "srv/pillar"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "top.sls").write_text("base: {'*': [kiosk]}\n")
    (folder / "kiosk.sls").write_text(yaml.safe_dump(given))


def changed(told: dict[str, Any]) -> dict[str, Any]:
    return {name: one for name, one in told.items() if one["changes"] or one["result"] is not True}


@pytest.fixture(scope="module")
def made(own_systems: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    if not is_installed():
        pytest.skip("Salt is not installed: ./scripts/setup salt")
    root = tmp_path_factory.mktemp("kiosk") / "root"
    files.make(root, ROOT / ".cache", PACKAGES, print)
    (root / "etc/vigie").mkdir(exist_ok=True)
    (root / "etc/vigie/agent.toml").write_text(AGENT_TOML)
    launcher = root / "usr/bin/vigie-agent"
    launcher.write_text(f'#!/bin/sh\ncd {ROOT} && exec .venv/bin/python -m agent "$@"\n')
    launcher.chmod(0o755)
    yield root
    files.remove(root)


@pytest.fixture(scope="module")
def kiosk(made: Path) -> Iterator[Kiosk]:
    """With all applied once."""
    machine = Machine(made, KIOSK, binds={ROOT: str(ROOT)})
    machine.start()
    try:
        here = Kiosk(machine)
        status, told = here.apply("state.apply")
        assert isinstance(told, dict), told
        bad = {name: one["comment"] for name, one in told.items() if one["result"] is not True}
        assert (status, bad) == (0, {})
        yield here
    finally:
        machine.stop()


def test_applied_again_nothing_changes_and_nothing_would(kiosk: Kiosk) -> None:
    status, told = kiosk.apply("state.apply")
    assert (status, changed(told)) == (0, {})
    status, told = kiosk.apply("state.apply", "test=True")
    assert (status, changed(told)) == (0, {})


def test_the_machine_is_as_configured(kiosk: Kiosk) -> None:
    run = kiosk.machine.must
    assert "SystemMaxUse=200M" in kiosk.text("/etc/systemd/journald.conf.d/vigie.conf")
    assert run(["/usr/bin/readlink", "/etc/localtime"]).strip().endswith("Europe/Paris")
    rules = run(["/usr/sbin/nft", "list", "ruleset"])
    assert "policy drop" in rules
    assert 'ip saddr 192.0.2.0/24 udp dport 161 accept comment "snmp"' in rules
    assert "socket://192.0.2.9:9100" in run(["/usr/bin/lpstat", "-v", "laser"])
    timer = run(["/usr/bin/systemctl", "show", "apt-daily-upgrade.timer", "-p", "TimersCalendar"])
    assert "OnCalendar=*-*-* 22:00:00" in timer or "22:00:00" in timer
    assert run(["/usr/sbin/sshd", "-T"]).count("passwordauthentication no") == 1
    assert run(["/usr/sbin/sysctl", "-n", "net.ipv4.tcp_syncookies"]).strip() == "1"
    assert kiosk.text("/etc/sane.d/dll.conf").splitlines()[-1] == "airscan"
    assert 'SYMLINK+="kiosk-scanner"' in kiosk.text("/etc/udev/rules.d/70-vigie.rules")


def test_the_agent_takes_the_peripherals_and_keeps_what_enrolment_wrote(kiosk: Kiosk) -> None:
    said = kiosk.machine.must(["/usr/bin/vigie-agent", "config"])
    assert f"kiosk {KIOSK}, 3 declared peripherals" in said
    text = kiosk.text("/etc/vigie/agent.toml")
    assert text.startswith(AGENT_TOML)
    assert 'match = { usb_id = "046d:0825" }' in text


@pytest.mark.parametrize(
    ("path", "harm", "state"),
    [
        ("/etc/systemd/journald.conf.d/vigie.conf", "[Journal]\n", "journal_config"),
        ("/etc/nftables.conf", "#!/usr/sbin/nft -f\n", "firewall_config"),
        ("/etc/vigie/agent.toml", AGENT_TOML, "agent_config"),
        ("/etc/sane.d/dll.conf", "net\nairscan\n", "scanning_config"),
    ],
)
def test_what_was_changed_by_hand_is_found_and_put_right(
    kiosk: Kiosk, path: str, harm: str, state: str
) -> None:
    there = kiosk.machine.root / path.lstrip("/")
    before = there.read_text()
    there.write_text(harm)
    status, told = kiosk.apply("state.apply", "test=True")
    assert status == 0
    assert told[state]["result"] is None
    assert told[state]["changes"]
    assert there.read_text() == harm
    kiosk.apply("state.apply")
    assert there.read_text() == before


def test_a_queue_that_somebody_removed_is_missed_and_made_again(kiosk: Kiosk) -> None:
    kiosk.machine.must(["/usr/sbin/lpadmin", "-x", "laser"])
    _, told = kiosk.apply("state.apply", "test=True")
    assert told["printing_queue_laser"]["result"] is None
    kiosk.apply("state.apply")
    assert "laser" in kiosk.machine.must(["/usr/bin/lpstat", "-v"])


def test_a_stopped_service_and_a_mode_that_is_too_wide_are_drift(kiosk: Kiosk) -> None:
    secret = "/etc/NetworkManager/system-connections/vigie-annex.nmconnection"
    kiosk.machine.must(["/usr/bin/systemctl", "stop", "nftables"])
    kiosk.machine.must(["/bin/chmod", "0644", secret])
    _, told = kiosk.apply("state.apply", "test=True")
    assert told["firewall_service"]["result"] is None
    assert told["network_wifi_annex"]["result"] is None
    kiosk.apply("state.apply")
    assert (kiosk.machine.root / secret.lstrip("/")).stat().st_mode & 0o777 == 0o600


def test_a_secret_is_in_its_file_and_in_no_word_of_salt(kiosk: Kiosk) -> None:
    secret = "/etc/NetworkManager/system-connections/vigie-annex.nmconnection"
    (kiosk.machine.root / secret.lstrip("/")).unlink()
    for words in (("state.apply", "test=True"), ("state.apply",)):
        _, told = kiosk.apply(*words)
        assert told["network_wifi_annex"]["changes"]
        assert SECRET not in kiosk.said
    assert f"psk={SECRET}" in kiosk.text(secret)


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({}, f"pillar vigie:kiosk is '', must be '{KIOSK}'"),
        (pillar(kiosk="pvp-63003-2"), "pillar vigie:kiosk is 'pvp-63003-2'"),
        ({"vigie": {"kiosk": KIOSK}}, "vigie:digest is missing"),
    ],
)
def test_without_its_own_pillar_nothing_is_applied(
    kiosk: Kiosk, given: dict[str, Any], complaint: str
) -> None:
    there = kiosk.machine.root / "etc/systemd/journald.conf.d/vigie.conf"
    there.write_text("[Journal]\n")
    for words in (("state.apply",), ("state.apply", "journal"), ("state.apply", "agent.config")):
        status, told = kiosk.apply(*words, given=given)
        assert status != 0
        assert isinstance(told, list)
        assert complaint in "\n".join(told)
    assert there.read_text() == "[Journal]\n"
    kiosk.apply("state.apply")


def test_a_ruleset_that_cannot_be_read_is_never_put_in_place(kiosk: Kiosk) -> None:
    before = kiosk.text("/etc/nftables.conf")
    wrong = msgspec.structs.replace(
        DOCUMENT, firewall=Firewall(openings={"x": Opening(1, "tcp", ("1.2.3.4/99",))})
    )
    status, told = kiosk.apply("state.apply", given=pillar(wrong))
    assert status != 0
    assert told["firewall_config"]["result"] is False
    assert kiosk.text("/etc/nftables.conf") == before


def test_what_clean_removes_is_gone_and_comes_back(kiosk: Kiosk) -> None:
    status, _ = kiosk.apply("state.apply", "journal.clean,udev.clean,printing.clean,network.clean")
    assert status == 0
    assert not (kiosk.machine.root / "etc/systemd/journald.conf.d/vigie.conf").exists()
    assert not (kiosk.machine.root / "etc/udev/rules.d/70-vigie.rules").exists()
    status, _ = kiosk.apply("state.apply")
    assert status == 0


def test_the_host_is_untouched(kiosk: Kiosk) -> None:
    """Whatever was applied before: none of it is here."""
    assert not Path("/etc/systemd/journald.conf.d/vigie.conf").exists()
    assert not Path("/etc/udev/rules.d/70-vigie.rules").exists()
    assert (
        not Path("/etc/vigie/agent.toml").exists()
        or KIOSK not in Path("/etc/vigie/agent.toml").read_text()
    )
    nft = shutil.which("nft", path="/usr/sbin:/sbin")
    if nft is not None:
        said = subprocess.run([nft, "list", "tables"], capture_output=True, text=True, check=False)
        assert "inet vigie" not in said.stdout
