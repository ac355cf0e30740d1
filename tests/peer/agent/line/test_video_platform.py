"""The way to the video platform, and everything that can stand in it."""

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from contract.health import DeviceState, Health
from tests.faults import Detection, fault
from tests.peer.agent.child import Child
from tests.peer.authority import Authority

UNSHARE = ("/usr/bin/unshare", "--net", "--mount", "--propagation", "slave")
#: A kiosk that asks its name server once, and waits two seconds.
RESOLVER = "nameserver 127.0.0.1\noptions timeout:2 attempts:1\n"
SCRIPT = Path(__file__).parent / "platformside.py"


class Side:
    """The platform, in a network where nothing else is."""

    def __init__(self, folder: Path) -> None:
        resolver = folder / "resolv.conf"
        resolver.write_text(RESOLVER)
        orders = (
            f"/usr/sbin/ip link set lo up && /usr/bin/mount --bind {resolver} /etc/resolv.conf"
            f" && exec {sys.executable} {SCRIPT} {folder}"
        )
        self._child = Child([*UNSHARE, "/bin/sh", "-c", orders])

    def make(self, **order: object) -> None:
        """Change something."""
        assert self._child.ask(json.dumps(order)) == "done"

    def measure(self) -> DeviceState:
        """One run of the probe."""
        return msgspec.json.decode(self._child.ask('{"measure": true}'), type=DeviceState)

    def close(self) -> None:
        self._child.close()


@pytest.fixture
def side(tmp_path: Path) -> Iterator[Side]:
    trial = subprocess.run([*UNSHARE, "/bin/true"], capture_output=True, text=True, check=False)
    if trial.returncode:
        pytest.skip(f"no namespaces here (they need root): {trial.stderr.strip()}")
    now = datetime.now(UTC)
    day = timedelta(days=1)
    ours, stranger = Authority(tmp_path), Authority(tmp_path / "stranger", "Somebody else")
    ours.issue("expired", now - 9 * day, now - day, name_of="video.example")
    ours.issue("coming", now + day, now + 9 * day, name_of="video.example")
    ours.issue("good", name_of="video.example")
    ours.issue("other", name_of="elsewhere.example")
    for path in (papers := stranger.issue("untrusted")).certificate, papers.key:
        path.rename(tmp_path / path.name)
    made = Side(tmp_path)
    made.make(serve="good")
    yield made
    made.close()


def show(side: Side, detection: Detection, **order: object) -> DeviceState:
    """All was fine; then something changes, and it is said."""
    assert side.measure().health is Health.OK
    detection.begins()
    side.make(**order)
    state = side.measure()
    detection.ends(state)
    return state


def test_a_platform_that_is_reached_is_ok_and_each_step_is_timed(side: Side) -> None:
    state = side.measure()
    assert (state.health, state.reasons) == (Health.OK, ())
    assert {"resolve_ms", "connect_ms", "tls_ms"} <= state.metrics.keys()
    assert state.facts == {"host": "video.example", "tcp_port": 4433, "tls": "TLSv1.3"}


@fault("video-platform", "name unknown", "DNS: no such name", "failed", "name-not-resolved")
def test_an_unknown_name_is_said(side: Side, detection: Detection) -> None:
    show(side, detection, names="")


@fault("video-platform", "DNS dead", "the name server is silent", "failed", "name-not-resolved")
def test_a_dead_name_server_is_said(side: Side, detection: Detection) -> None:
    show(side, detection, names=None)


@fault("video-platform", "DNS slow", "the name server waits 1.3 s", "degraded", "dns-slow")
def test_a_slow_name_server_degrades(side: Side, detection: Detection) -> None:
    state = show(side, detection, names="127.0.0.1", delay_s=1.3)
    assert state.metrics["resolve_ms"] >= 1300


@fault("video-platform", "service down", "nobody listens", "failed", "connection-refused")
def test_a_platform_that_refuses_is_said(side: Side, detection: Detection) -> None:
    show(side, detection, serve=None)


@fault("video-platform", "port filtered", "nftables drops its port", "failed", "unreachable")
def test_a_filtered_port_is_said(side: Side, detection: Detection) -> None:
    show(side, detection, filter="tcp dport 4433 drop")


@fault("video-platform", "certificate expired", "a TLS server shows it", "failed", "tls-expired")
def test_an_expired_certificate_is_said(side: Side, detection: Detection) -> None:
    show(side, detection, serve="expired")


@fault(
    "video-platform",
    "clock wrong, or certificate of the future",
    "a TLS server shows it",
    "failed",
    "tls-not-yet-valid",
)
def test_a_certificate_of_the_future_is_said(side: Side, detection: Detection) -> None:
    show(side, detection, serve="coming")


@fault("video-platform", "line intercepted", "another authority signs", "failed", "tls-untrusted")
def test_a_strangers_certificate_is_said(side: Side, detection: Detection) -> None:
    show(side, detection, serve="untrusted")


def test_a_certificate_of_another_host_is_not_trusted(side: Side) -> None:
    side.make(serve="other")
    assert side.measure().reasons == ("tls-untrusted",)


@fault("video-platform", "captive portal", "the known page redirects", "failed", "captive-portal")
def test_a_hotspots_portal_is_said(side: Side, detection: Detection) -> None:
    show(side, detection, page="302 Found", serve="untrusted")


def test_a_portal_page_that_nobody_serves_is_no_portal(side: Side) -> None:
    side.make(filter="tcp dport 8080 reject")
    assert side.measure().health is Health.OK
