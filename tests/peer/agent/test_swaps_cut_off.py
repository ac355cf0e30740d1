"""A change of certificate, killed at each of its steps on the disk, leaves a pair that works."""

import signal
import ssl
import subprocess
import sys
from pathlib import Path

import pytest

from agent.renewal import NEXT, OLD, Pair, mend
from tests.agents import KIOSK
from tests.peer.authority import Authority
from tests.peer.region import ROOT

#: Kills itself as soon as it is about to take the given step on the disk.
_KILLED = """
import os, signal, sys
from pathlib import Path
from agent import renewal
pair = renewal.Pair(Path(sys.argv[1]), Path(sys.argv[2]))
left = int(sys.argv[4])
def hook(event, _):
    global left
    if event in ("os.rename", "os.link", "os.remove"):
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(hook)
getattr(renewal, sys.argv[3])(pair)
"""
_COUNT = 6
_STEPS = range(_COUNT + 1)


@pytest.fixture
def pair(tmp_path: Path) -> Pair:
    """The present pair, with the next beside it."""
    authority = Authority(tmp_path)
    after = authority.issue(KIOSK)
    pair = Pair(after.certificate, after.key)
    for there, beside in zip(pair, pair.beside(NEXT), strict=True):
        there.rename(beside)
    authority.issue(KIOSK)
    return pair


def works(pair: Pair) -> bool:
    """Whether certificate and key belong together."""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_cert_chain(*pair)
    except (ssl.SSLError, OSError):
        return False
    return True


def killed(pair: Pair, what: str, step: int) -> bool:
    """Whether it was; else it had no such step."""
    done = subprocess.run(
        [sys.executable, "-c", _KILLED, *map(str, pair), what, str(step)], cwd=ROOT, check=False
    )
    assert done.returncode in (0, -signal.SIGKILL)
    return done.returncode != 0


def found(pair: Pair) -> set[bytes]:
    """Every certificate that is on the disk."""
    places = (pair, pair.beside(NEXT), pair.beside(OLD))
    return {one.certificate.read_bytes() for one in places if one.certificate.exists()}


@pytest.mark.parametrize("step", _STEPS)
def test_forth(pair: Pair, step: int) -> None:
    both = found(pair)
    is_killed = killed(pair, "swap", step)
    mend(pair)
    assert works(pair)
    assert found(pair) == both
    assert is_killed is (step < _COUNT)


@pytest.mark.parametrize("step", _STEPS)
def test_back(pair: Pair, step: int) -> None:
    killed(pair, "swap", 99)
    both = found(pair)
    is_killed = killed(pair, "swap_back", step)
    mend(pair)
    assert works(pair)
    assert found(pair) == both
    assert is_killed is (step < _COUNT)
