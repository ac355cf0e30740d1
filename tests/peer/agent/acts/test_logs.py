"""`fetch-logs` on a journal that a real journald wrote."""

import gzip
import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec import UNSET
from msgspec.structs import replace

from agent.commands import fetch_logs
from agent.commands.errand import Errand
from agent.commands.fetch_logs import LogFetch
from agent.config import Acts
from contract.commands import CommandState
from contract.messages import Outcome, Piece
from tests.agents import config
from tests.errands import Floor, Made
from tests.peer.agent.acts import journal

pytestmark = pytest.mark.skipif(bool(journal.why_not()), reason=journal.why_not())

SAID = [
    ("cups.service", "the printer is out of paper"),
    ("secret.service", "nobody's business"),
    ("cups.service", "login with password=hunter2 refused"),
    ("vigie-agent.service", "the last word"),
]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return journal.make(tmp_path_factory.mktemp("journald"), SAID)


@pytest.fixture
def works(written: Path) -> dict[str, Made]:
    act = LogFetch(journal=("--directory", str(written)))
    return {
        fetch_logs.NAME: lambda scene: Errand(
            fetch_logs.NAME, scene, act.run, act.resume, act.hindrance
        )
    }


@pytest.fixture
def floor(works: dict[str, Made], tmp_path: Path) -> Iterator[Floor]:
    one = Floor(tmp_path, works=works)
    yield one
    one.close()


def joined(said: list[Outcome]) -> bytes:
    pieces = [one.piece for one in said if isinstance(one.piece, Piece)]
    assert [piece.index for piece in pieces] == list(range(pieces[0].count))
    return b"".join(piece.data for piece in pieces)


def test_the_usual_units_are_sent_in_order_without_their_secrets(floor: Floor) -> None:
    number = floor.order("fetch-logs")
    ended = floor.end(number)
    packed = joined(floor.outcomes(number))
    text = gzip.decompress(packed).decode()
    # What the kernel says is among them: of that nobody knows the words.
    told = [line.partition("]: ")[2] for line in text.splitlines() if "logger[" in line]
    assert told == [
        "the printer is out of paper",
        "login with password=[removed] refused",
        "the last word",
    ]
    assert ended.state is CommandState.SUCCEEDED
    assert ended.result["sha256"] == hashlib.sha256(packed).hexdigest()
    assert (ended.result["size_bytes"], ended.result["lines"]) == (
        len(packed),
        text.count("\n"),
    )


def test_one_unit_alone(floor: Floor) -> None:
    number = floor.order("fetch-logs", units=["vigie-agent"])
    floor.end(number)
    text = gzip.decompress(joined(floor.outcomes(number))).decode()
    assert text.count("\n") == 1


def test_a_unit_that_is_not_to_be_fetched_is_refused_with_the_remedy(floor: Floor) -> None:
    ended = floor.run("fetch-logs", units=["secret"])
    assert (ended.state, ended.reason) == (
        CommandState.REFUSED,
        "not-possible-here: add secret.service to commands.log_units",
    )


def test_agent_toml_says_what_may_be_fetched(works: dict[str, Made], tmp_path: Path) -> None:
    told = replace(config(tmp_path), acts=Acts(log_units=("secret.service",)))
    floor = Floor(tmp_path, works=works, told=told)
    number = floor.order("fetch-logs")
    floor.end(number)
    text = gzip.decompress(joined(floor.outcomes(number))).decode()
    floor.close()
    assert "nobody's business" in text
    assert "printer" not in text


def test_nothing_is_left_on_disk(floor: Floor) -> None:
    floor.run("fetch-logs")
    assert list(floor.config.state_dir.glob("logs-*")) == []


def test_an_agent_killed_while_it_sends_sends_the_same_file_again(
    works: dict[str, Made], tmp_path: Path
) -> None:
    floor = Floor(tmp_path, works=works)
    number = floor.order("fetch-logs")
    first = floor.wait(number, lambda one: one.piece is not UNSET)
    floor.close()
    later = Floor(tmp_path, works=works)
    ended = later.end(number)
    last = [one.piece for one in later.outcomes(number) if isinstance(one.piece, Piece)][-1]
    later.close()
    assert ended.state is CommandState.SUCCEEDED
    assert isinstance(first.piece, Piece)
    assert last == first.piece
    assert hashlib.sha256(last.data).hexdigest() == ended.result["sha256"]
