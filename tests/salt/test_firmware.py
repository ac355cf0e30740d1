"""Firmware rides in rollouts: fwupd's own test device, in a Debian system with a real systemd, a
real minion and the hooks as they are shipped, is updated by a release, and taken back by its gate.
"""

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from controller.rollouts.building import build
from simulator.machine import root as files
from simulator.machine.machine import Machine
from tests.peer.firmware_hooks.peering import Firmware
from tests.peer.firmware_hooks.peers.fwupd import CONFIG, GUID, cabinet
from tests.peer.region import ROOT, Region, wait_until
from tests.salt.agents import Agents
from tests.salt.stage import PROGRAMS, Stage, is_installed

KIOSK = "pvp-firmware"
_PATIENCE_S = 240.0
_TOP = "{{ saltenv }}:\n  '*': [firmware]\n"
_TOML = f"""kiosk = "{KIOSK}"
[broker]
host = "vigie.example.org"
ca = "ca.pem"
certificate = "kiosk.pem"
key = "kiosk.key"
"""
#: Debian's unit is not for containers, and asks for more than namespaces in namespaces give.
_HERE = """[Unit]
ConditionVirtualization=
[Service]
ExecStart=
ExecStart=/usr/libexec/fwupd/fwupd
"""
#: fwupdmgr stands still when it is to install, until the power goes: /run does not outlive that.
_STALL = r"""
mv /usr/bin/fwupdmgr /usr/bin/fwupdmgr.real
cat > /usr/bin/fwupdmgr <<'END'
#!/bin/sh
[ "$1" = local-install ] && [ -e /run/stall ] && { touch /srv/stalled; sleep 600; }
exec /usr/bin/fwupdmgr.real "$@"
END
chmod 755 /usr/bin/fwupdmgr
touch /run/stall
"""
_PLANT = """
import sys, django
django.setup()
from django.utils import timezone
from controller.rollouts.models import Installed, Release
from controller.salt.models import MinionKey
now = timezone.now()
for name in ("r0", "r1", "r2"):
    Release.objects.create(name=name, digest=name, manifest={}, signed_by="k", imported_at=now,
                           actor="cli:root")
MinionKey.objects.create(kiosk_id=sys.argv[1], public_key="PEM", given_at=now, laid_at=now)
Installed.objects.create(kiosk_id=sys.argv[1], release_id="r0", since=now)
"""
_PROPOSE = """
import sys, django
django.setup()
from controller.rollouts import services
from controller.rollouts.services import WaveWish
from controller.rollouts.stages import Kind, OnFailure
made = services.propose(
    title=sys.argv[1], kind=Kind.RELEASE, release=sys.argv[1], revision=None, kiosks=[sys.argv[2]],
    waves=[WaveWish("0", kiosks=(sys.argv[2],), at_a_time=1, soak_s=1, keeps_window=False)],
    on_failure=OnFailure.REVERT, user=None, actor="cli:root")
services.approve(made.pk, user=None, actor="cli:root")
print(made.pk, end="")
"""
_LOOK = """
import json, sys, django
django.setup()
from controller.rollouts.models import Rollout
one = Rollout.objects.get(pk=sys.argv[1])
json.dump({"stage": one.stage, "reason": one.reason, "told": list(one.events.values())},
          sys.stdout, default=str)
"""


class System:
    """The kiosk: a machine whose minion answers, and whose webcam is fwupd's."""

    def __init__(self, stage: Stage, root: Path) -> None:
        config = stage.config.salt
        self.minion = stage.minion(KIOSK)
        here = root / "srv/minion"
        shutil.copytree(self.minion.folder, here)
        told = (here / "etc/minion").read_text().replace(str(self.minion.folder), "/srv/minion")
        (here / "etc/minion").write_text(told)
        ports = (config.publish_port, config.return_port)
        self.machine = Machine(root, KIOSK, binds={ROOT: str(ROOT)}, ports=ports)

    def start(self) -> None:
        self.machine.start()
        program = [str(PROGRAMS / "salt-minion"), "-c", "/srv/minion/etc"]
        self.machine.must(["/usr/bin/systemd-run", "--unit=lab-minion", *program])
        wait_until(lambda: self.version() == "1.2.2", "fwupd shows its test device", 60)

    def version(self) -> str:
        """Of the webcam, by fwupd's word."""
        done = self.machine.run(["/usr/bin/fwupdmgr", "get-devices", "--json"])
        listed = json.loads(done.stdout).get("Devices", []) if done.stdout.strip() else []
        return next((one["Version"] for one in listed if GUID in one["Guid"]), "")

    def log(self) -> str:
        return self.machine.run(["/usr/bin/journalctl", "-u", "lab-minion", "-n", "40"]).stdout


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    """One of its own, with a broker, ingest and a worker."""
    if not is_installed():
        pytest.skip("Salt is not installed: ./scripts/setup salt")
    with Stage() as raised:
        yield raised


@pytest.fixture(scope="module")
def key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.generate()


@pytest.fixture(scope="module")
def releases(stage: Stage, key: Ed25519PrivateKey) -> None:
    """r0 has the works' firmware, r1 a newer one, r2 one that is not what it says."""
    states = stage.folder / "states"
    for name in ("_modules", "_states", "firmware"):
        shutil.copytree(ROOT / "salt_states" / name, states / name)
    shutil.copy(ROOT / "salt_states" / "sentinel.jinja", states)
    (states / "top.sls").write_text(_TOP)
    works, newer, wrong = (cabinet(stage.folder / one, one) for one in ("1.2.2", "1.2.3", "1.2.4"))
    for number, (given, before) in enumerate(((works, works), (newer, works), (wrong, newer))):
        brought = stage.folder / f"firmware-{number}"
        brought.mkdir()
        lay(brought, given, before)
        parts = {"states": states, "hooks": ROOT / "firmware_hooks", "firmware": brought}
        out, now = stage.salt / "releases" / f"r{number}", datetime.now(UTC)
        build(f"r{number}", out, parts=parts, agent=None, key=key, now=now)


def lay(folder: Path, firmware: Firmware, previous: Firmware) -> None:
    """As it is written for a release."""
    for one in (previous, firmware):
        (folder / one.file).write_bytes(one.content)
    (folder / "index.toml").write_text(
        f'[[firmware]]\nfile = "{firmware.file}"\nversion = "{firmware.version}"\n'
        f'guid = "{GUID}"\n'
        f'previous = {{file = "{previous.file}", version = "{previous.version}"}}\n'
    )


@pytest.fixture(scope="module")
def system(
    own_systems: None,
    stage: Stage,
    releases: None,
    key: Ed25519PrivateKey,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[System]:
    root = tmp_path_factory.mktemp("firmware") / "root"
    files.make(root, ROOT / ".cache", ("fwupd",), print)
    (root / "etc/fwupd/fwupd.conf").write_text(CONFIG)
    dropped = root / "etc/systemd/system/fwupd.service.d/lab.conf"
    dropped.parent.mkdir(parents=True)
    dropped.write_text(_HERE)
    (root / "etc/vigie/release-keys").mkdir(parents=True)
    (root / "etc/vigie/agent.toml").write_text(_TOML)
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    (root / "etc/vigie/release-keys/lab.pub").write_bytes(public)
    launcher = root / "usr/bin/vigie-agent"
    launcher.write_text(f'#!/bin/sh\ncd {ROOT} && exec .venv/bin/python -m agent "$@"\n')
    launcher.chmod(0o755)
    stage.pillars[KIOSK] = {"kind": "pvp", "site": "s", "revision": 1, "digest": "0" * 64}
    made = System(stage, root)
    stage.port.accept(KIOSK, made.minion.public_key)
    made.start()
    try:
        stage.wait_for(KIOSK)
        yield made
    finally:
        made.machine.stop()
        files.remove(root)


@pytest.fixture(scope="module")
def region(stage: Stage, system: System) -> Iterator[Region]:
    stage.region.start_broker()
    stage.region.start("ingest")
    cache = stage.folder / "cache"
    cache.mkdir()
    with Agents(stage.region, {KIOSK: cache}):
        stage.region.python(_PLANT, KIOSK)
        stage.region.start("worker")
        yield stage.region
        stage.region.stop("worker")


def apply(stage: Stage, release: str, **kwargs: Any) -> dict[str, Any]:
    """What came of each state, by its id."""
    jid = stage.submit("state.apply", KIOSK, saltenv=release, **kwargs)
    told = stage.returned(jid, KIOSK, timeout_s=_PATIENCE_S)[KIOSK]
    states = told.body
    assert isinstance(states, dict), states
    return {one["__id__"]: one for one in states.values()}


def test_test_true_says_what_would_go_where_and_does_nothing(stage: Stage, system: System) -> None:
    apply(stage, "r0")
    told = apply(stage, "r0", test=True)["firmware"]
    assert (told["result"], told["changes"]) == (True, {})
    assert told["comment"] == "firmware of 1 devices is as release r0 has it"
    told = apply(stage, "r1", test=True)["firmware"]
    assert (told["result"], told["changes"]) == (None, {"release": {"old": None, "new": "r1"}})
    assert system.version() == "1.2.2"


def test_a_state_apply_updates_the_device_once(stage: Stage, system: System) -> None:
    told = apply(stage, "r1")["firmware"]
    assert told["result"] is True, told
    assert list(told["changes"].values()) == [{"old": "1.2.2", "new": "1.2.3"}]
    assert system.version() == "1.2.3"
    assert all(one["changes"] == {} for one in apply(stage, "r1").values())
    would = apply(stage, "r0", test=True)["firmware"]
    assert would["result"] is None
    assert list(would["changes"].values()) == [{"old": "1.2.3", "new": "1.2.2"}]
    apply(stage, "r0")
    assert system.version() == "1.2.2"


def test_a_power_cut_in_the_midst_of_it_is_put_to_rights_at_the_next_start(
    stage: Stage, system: System
) -> None:
    machine = system.machine
    machine.must(["/bin/sh", "-c", _STALL])
    apply_ = ["/usr/bin/vigie-agent", "firmware", "apply", "--release", "r1", "--json"]
    machine.must(["/usr/bin/systemd-run", "--unit=lab-apply", *apply_])
    wait_until((machine.root / "srv/stalled").exists, "fwupd is asked to install", 60)
    machine.stop()
    system.start()
    wait_until(lambda: last(system)["outcome"] is not None, "it is put to rights", 60)
    assert last(system)["outcome"] == "rolled-back"
    assert last(system)["reason"].startswith("cut off in flash")
    assert system.version() == "1.2.2"
    stage.wait_for(KIOSK)


def last(system: System) -> dict[str, Any]:
    """The last update, as the kiosk itself keeps it."""
    told = system.machine.must(["/usr/bin/vigie-agent", "firmware", "history", "--json"])
    found: dict[str, Any] = json.loads(told)["done"][-1]
    return found


def test_a_rollout_brings_it_and_another_is_taken_back_by_its_gate(
    stage: Stage, system: System, region: Region
) -> None:
    assert ends(region, "r1")["stage"] == "done"
    assert system.version() == "1.2.3"
    end = ends(region, "r2")
    assert end["stage"] == "reverted", end
    assert system.version() == "1.2.3"


def ends(region: Region, release: str) -> dict[str, Any]:
    """How a rollout of a release ended."""
    rollout = region.python(_PROPOSE, release, KIOSK)
    last: dict[str, Any] = {}

    def is_over() -> bool:
        last.update(json.loads(region.python(_LOOK, rollout)))
        return last["stage"] in ("done", "reverted", "failed", "paused", "aborted")

    try:
        wait_until(is_over, "the rollout ends", _PATIENCE_S)
    except AssertionError:
        raise AssertionError(f"{last}\n{region.log('worker')}") from None
    return last
