"""Kiosks and their minions' keys: the real agent at the real door, a real minion, a real master."""

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

from agent import minion as files
from agent import minionkey, minionrepair
from agent.errors import EnrolError
from agent.warden import Warden
from contract.commands import CommandState
from controller.salt import identity
from controller.salt.port import Job, new_jid
from tests.agents import FakeClock
from tests.errands import Floor
from tests.peer.region import ROOT, wait_until
from tests.salt.kiosk import NEVER, Machine
from tests.salt.stage import Stage, is_installed

#: An agent that is told to change the key; its order's number.
LIFE = """
import sys, time
from pathlib import Path
from agent.configfile import load
from tests.errands import Floor
print(Floor(Path(sys.argv[1]), told=load(Path(sys.argv[2]))).order("rotate-minion-key"), flush=True)
time.sleep(600)
"""


@pytest.fixture(scope="module")
def region() -> Iterator[Stage]:
    """A stage of its own, whose door and worker are the real ones."""
    if not is_installed():
        pytest.skip("Salt is not installed: ./scripts/setup salt")
    with Stage() as raised:
        raised.region.start_broker()
        raised.region.start("worker")
        with raised.real_door():
            yield raised


@pytest.fixture(scope="module")
def shared(region: Stage) -> Iterator[Machine]:
    """One that is enrolled, and connected."""
    made = Machine(region, "pvp-63003-1")
    made.enrol()
    try:
        made.start()
        region.wait_for(made.kiosk)
        yield made
    finally:
        made.stop()


@pytest.fixture
def machine(shared: Machine) -> Machine:
    """The shared one, well."""
    if not shared.is_connected():
        shared.repair()
        shared.stage.wait_for(shared.kiosk)
    return shared


@pytest.fixture
def another(region: Stage, request: pytest.FixtureRequest) -> Iterator[Machine]:
    """One of its own, enrolled and not started."""
    made = Machine(region, f"pvp-{abs(hash(request.node.name)) % 10**8}-1")
    made.enrol()
    yield made
    made.stop()


def test_who_has_enrolled_is_accepted_already_and_pins_the_master(machine: Machine) -> None:
    assert machine.is_connected()
    assert machine.master_has() == machine.holds()
    conf = (machine.etc / "minion.d" / "vigie.conf").read_text()
    assert f'master_finger: "{identity.finger(machine.stage.region.home)}"' in conf
    assert (machine.etc / "pki" / "minion" / "minion.pem").stat().st_mode & 0o777 == 0o400


def test_another_master_than_the_pinned_one_is_refused(another: Machine) -> None:
    conf = another.etc / "minion.d" / "vigie.conf"
    conf.write_text(conf.read_text().replace('master_finger: "', 'master_finger: "00:'))
    another.start()
    wait_until(lambda: "man-in-the-middle" in another.log(), "the minion's complaint", 60)
    assert not another.is_connected()
    repaired = another.repair()
    assert "vigie.conf is missing or altered" in repaired.found
    another.stage.wait_for(another.kiosk)


def exchange(machine: Machine, last_step: str = "") -> None:
    """Up to the new key's being the kiosk's; or killed at a step."""

    def step(_percent: int, text: str) -> None:
        if text == last_step:
            raise KeyboardInterrupt

    minionkey.exchange(machine.config, step)


def use(machine: Machine) -> int | None:
    return minionrepair.use_key(machine.config, lambda *_: None, NEVER)


def test_the_key_is_changed_while_the_minion_lives(machine: Machine) -> None:
    before, process = machine.holds(), machine.connected()
    exchange(machine)
    after = use(machine)
    assert after not in (None, process)
    assert before != machine.holds() == machine.master_has()
    machine.stage.wait_for(machine.kiosk)


@pytest.mark.parametrize("step", ["making a key", "having the master know it"])
def test_killed_before_the_master_was_told_it_goes_on_with_the_key_there_is(
    machine: Machine, step: str
) -> None:
    with pytest.raises(KeyboardInterrupt):
        exchange(machine, last_step=step)
    assert machine.holds() == machine.master_has()
    exchange(machine)
    assert use(machine) is not None
    assert machine.holds() == machine.master_has()


@pytest.mark.parametrize("cut", ["answered", "renamed", "laid"])
def test_killed_once_the_master_has_the_new_key_repair_brings_the_minion_to_it(
    machine: Machine, cut: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = machine.holds()
    names = {"answered": (files, "keep"), "renamed": (files, "sync")}
    if cut in names:
        with monkeypatch.context() as cutting:
            cutting.setattr(*names[cut], killed)
            with pytest.raises(KeyboardInterrupt):
                exchange(machine)
    else:
        exchange(machine)
        files.lay(*files.place_of(machine.config))
    assert machine.master_has() != before
    repaired = machine.repair()
    assert repaired.pid is not None
    assert before != machine.holds() == machine.master_has()
    machine.stage.wait_for(machine.kiosk)


def killed(*_: object) -> None:
    raise KeyboardInterrupt


def test_while_salt_is_away_the_key_stays_and_later_it_is_changed(machine: Machine) -> None:
    before = machine.holds()
    machine.stage.stop("api")
    with pytest.raises(EnrolError, match="the Salt master cannot be told"):
        exchange(machine)
    machine.stage.start("api")
    machine.stage.wait_for_api()
    assert machine.repair().pid is not None
    assert before != machine.holds() == machine.master_has()


def test_a_revoked_kiosks_minion_is_heard_no_more(another: Machine) -> None:
    another.start()
    another.stage.wait_for(another.kiosk)
    another.stage.region.vigie("revoke", another.kiosk, "--why", "stolen")
    wait_until(lambda: another.master_has() == "", "the key's end", 30)
    assert another.stage.port.submit(ping(another.kiosk)) == frozenset()
    with pytest.raises(EnrolError, match="was revoked on"):
        exchange(another)
    another.start()
    assert another.connected(within_s=5.0) is None


def ping(kiosk: str) -> Job:
    return Job(new_jid(datetime.now(UTC)), "test.ping", (kiosk,))


def lose_the_configuration(machine: Machine) -> None:
    (machine.etc / "minion.d" / "vigie.conf").unlink()
    machine.stop()


def alter_the_configuration(machine: Machine) -> None:
    conf = machine.etc / "minion.d" / "vigie.conf"
    conf.write_text(conf.read_text().replace("master_port: ", "master_port: 1"))
    machine.start()


def lose_the_key(machine: Machine) -> None:
    machine.stop()
    shutil.rmtree(machine.etc / "pki")


def have_salt_make_a_key_of_its_own(machine: Machine) -> None:
    lose_the_key(machine)
    machine.start()
    pem = machine.etc / "pki" / "minion" / "minion.pem"
    wait_until(pem.exists, "Salt's own key", 60)


def kill_the_process(machine: Machine) -> None:
    machine.stop()


def lose_all_that_was_kept(machine: Machine) -> None:
    machine.stop()
    shutil.rmtree(machine.etc / "pki")
    for path in (machine.root / "vigie").glob("minion*"):
        path.unlink()


def trust_another_master(machine: Machine) -> None:
    machine.stop()
    (machine.etc / "pki" / "minion" / "minion_master.pub").write_text(machine.holds())


def have_the_master_lose_it(machine: Machine) -> None:
    machine.stop()
    machine.stage.port.remove(machine.kiosk)


@pytest.mark.parametrize(
    "broken",
    [
        lose_the_configuration,
        alter_the_configuration,
        lose_the_key,
        have_salt_make_a_key_of_its_own,
        kill_the_process,
        lose_all_that_was_kept,
        trust_another_master,
        have_the_master_lose_it,
    ],
)
def test_the_agent_repairs_a_minion(machine: Machine, broken: Callable[[Machine], None]) -> None:
    broken(machine)
    assert not machine.is_connected()
    repaired = minionrepair.repair(machine.config, lambda *_: None, NEVER, connect_s=20.0)
    assert repaired.pid is not None, (repaired, machine.log())
    assert repaired.found
    machine.stage.wait_for(machine.kiosk)


def test_a_minion_that_is_well_is_left_alone(machine: Machine) -> None:
    process = machine.connected()
    repaired = machine.repair()
    assert (repaired.found, repaired.done, repaired.pid) == ((), (), process)


@pytest.fixture
def floor(machine: Machine) -> Iterator[Floor]:
    """The agent on that machine, as far as orders go."""
    made = Floor(machine.root / "state", told=machine.config)
    yield made
    made.close()


def test_an_order_changes_the_key_and_says_so(machine: Machine, floor: Floor) -> None:
    before = machine.holds()
    outcome = floor.run("rotate-minion-key")
    assert outcome.state is CommandState.SUCCEEDED, outcome
    assert outcome.result["key"] != outcome.result["key_before"]
    assert outcome.result["pid"] == machine.connected()
    assert before != machine.holds() == machine.master_has()


def test_an_agent_killed_in_the_midst_of_a_change_ends_it_in_its_next_life(
    machine: Machine,
) -> None:
    before = machine.holds()
    told = (str(machine.root / "state"), str(machine.root / "vigie" / "agent.toml"))
    life = subprocess.Popen(
        [sys.executable, "-c", LIFE, *told], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    with life:
        assert life.stdout is not None
        number = life.stdout.readline().strip()
        wait_until(lambda: machine.master_has() != before, "the new key on the master", 60)
        life.kill()
    next_life = Floor(machine.root / "state", told=machine.config)
    outcome = next_life.end(number)
    next_life.close()
    assert outcome.state is CommandState.SUCCEEDED, outcome
    assert before != machine.holds() == machine.master_has()


def test_an_order_repairs_the_minion_and_says_what_was_wrong(
    machine: Machine, floor: Floor
) -> None:
    lose_the_configuration(machine)
    outcome = floor.run("repair-minion")
    assert outcome.state is CommandState.SUCCEEDED, outcome
    assert outcome.result["found"] == ["vigie.conf is missing or altered", "it does not run"]
    assert outcome.result["done"] == ["wrote vigie.conf", "restarted it"]


def test_a_minion_that_is_down_is_brought_back_with_nobody_asking(machine: Machine) -> None:
    machine.stop()
    warden = Warden(machine.config, FakeClock())
    warden.look()
    warden.look()
    warden.wait(90.0)
    assert machine.is_connected()
