"""What a minion runs with: laid from what is kept, and only where something else is there."""

from pathlib import Path

import msgspec
import pytest

from agent import minion
from agent.config import Minion
from agent.configfile import load
from agent.errors import ConfigError, EnrolError
from controller.salt import identity

KIOSK = "pvp-63003-1"
FINGER = ":".join(["ab"] * 32)
TERMS = minion.Terms("salt.example.org", 4505, 4506, FINGER, "PKCS1v15-SHA224", "OAEP-SHA224")


@pytest.fixture(scope="session")
def pem(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("key") / "minion.pem"
    minion.make_key(path)
    return path.read_text()


@pytest.fixture
def where(tmp_path: Path, pem: str) -> minion.Kept:
    """A kiosk that has been told of a master."""
    kept = minion.kept(tmp_path / "vigie" / "kiosk.key")
    minion.keep(minion.Offer(TERMS, {"2026": "a key\n"}), kept)
    kept.key.write_text(pem)
    return kept


@pytest.fixture
def place(tmp_path: Path) -> Minion:
    return Minion(tmp_path / "salt", pidfile=tmp_path / "minion.pid")


def lay(where: minion.Kept, place: Minion) -> tuple[str, ...]:
    return minion.lay(KIOSK, where, place)


def test_the_first_time_all_is_written_and_then_nothing(where: minion.Kept, place: Minion) -> None:
    assert lay(where, place) == ("vigie.conf", "minion.pem", "minion.pub")
    assert lay(where, place) == ()


@pytest.mark.parametrize("number", [0, 1, 2])
def test_what_was_altered_or_lost_is_written_anew(
    where: minion.Kept, place: Minion, number: int
) -> None:
    lay(where, place)
    path = minion.laid(place)[number]
    before = path.read_bytes()
    path.chmod(0o600)
    path.write_text("something else")
    assert lay(where, place) == (path.name,)
    path.unlink()
    assert lay(where, place) == (path.name,)
    assert path.read_bytes() == before


def test_a_key_that_others_may_read_is_closed_again(where: minion.Kept, place: Minion) -> None:
    lay(where, place)
    key = minion.laid(place)[1]
    key.chmod(0o644)
    assert lay(where, place) == ("minion.pem",)
    assert key.stat().st_mode & 0o777 == 0o400


def test_another_masters_key_is_forgotten_and_the_pinned_ones_is_kept(
    where: minion.Kept, place: Minion
) -> None:
    lay(where, place)
    public = minion.laid(place)[2].read_text()
    known = minion.laid(place)[1].with_name("minion_master.pub")
    known.write_text(public)
    assert lay(where, place) == ("minion_master.pub",)
    known.write_text(public)
    pinned = msgspec.structs.replace(TERMS, finger=minion.finger(public))
    minion.keep(minion.Offer(pinned, {}), where)
    assert lay(where, place) == ("vigie.conf",)
    assert known.exists()


def test_fingerprints_are_the_controllers(pem: str, tmp_path: Path) -> None:
    (tmp_path / "key").write_text(pem)
    public = minion.public(tmp_path / "key")
    assert minion.finger(public) == identity.finger_of(public)


def test_without_a_master_there_is_nothing_to_lay(tmp_path: Path, place: Minion) -> None:
    with pytest.raises(EnrolError, match="must be: enrol this kiosk"):
        lay(minion.kept(tmp_path / "vigie" / "kiosk.key"), place)
    assert not place.folder.exists()


@pytest.mark.parametrize(
    "change",
    [
        {"master": "salt.example.org\nopen_mode: true"},
        {"publish_port": 0},
        {"finger": "ab:cd"},
        {"signing_algorithm": 'x" open_mode: "'},
    ],
)
def test_words_of_a_master_that_are_no_such_are_refused(change: dict[str, object]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({**msgspec.to_builtins(TERMS), **change}, minion.Terms)


@pytest.mark.parametrize("name", ["../evil", ".hidden", "a/b", ""])
def test_a_releases_key_goes_nowhere_else(name: str) -> None:
    told = {"salt": msgspec.to_builtins(TERMS), "release_keys": {name: "a key"}}
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(told, minion.Offer)


def test_where_the_minion_is_can_be_said(tmp_path: Path) -> None:
    toml = tmp_path / "agent.toml"
    broker = 'kiosk = "pvp-1"\n[broker]\nhost = "x"\nca = "a"\ncertificate = "b"\nkey = "c"\n'
    toml.write_text(f'{broker}[minion]\nfolder = "salt"\nrestart = ["/bin/sv", "restart"]\n')
    assert load(toml).minion == Minion(tmp_path / "salt", restart=("/bin/sv", "restart"))
    toml.write_text(f'{broker}[minion]\nrestart = ["sv"]\n')
    with pytest.raises(ConfigError, match="must be a program's absolute path"):
        load(toml)
