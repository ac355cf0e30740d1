"""The way to the controller: what breaks it, what degrades it, and what cannot be told."""

import json
import socket
import subprocess
import threading
from pathlib import Path
from queue import SimpleQueue

import pytest

from agent.config import Broker, Config, LineLimits
from agent.probe import Context, LinkQuality
from agent.probes import interfaces, line, network
from agent.probes.interfaces import Address, Gateway, Interface, Traffic
from agent.probes.line import Quality
from agent.probes.network import Burst, Way
from contract.health import DeviceState, Health

CONFIG = Config("pvp-1", Broker("127.0.0.1", Path("ca"), Path("crt"), Path("key")))
QUIET = Traffic(1000, 0, 0)
BOX = Gateway("eth0", "192.0.2.1")
WAY = Way("203.0.113.7", "192.0.2.2", BOX, ("192.0.2.53",))
NO_WAY = Way("203.0.113.7", "", None, ())
GOOD = Quality(20.0, 2.0, 0.0, 0, "icmp")


def interface(
    name: str = "eth0",
    address: str = "192.0.2.2",
    is_up: bool = True,
    has_carrier: bool = True,
    traffic: Traffic = QUIET,
) -> Interface:
    addresses = (Address(address, 24, True),) if address else ()
    return Interface(name, "02:00:00:00:00:01", is_up, has_carrier, True, 1000, addresses, traffic)


ETH = interface()


def judged(
    quality: Quality | None = GOOD,
    fault: str = "",
    errors_percent: float | None = None,
    before: tuple[str, ...] = (),
) -> DeviceState:
    return network.judge([ETH], WAY, fault, quality, errors_percent, before)


def test_a_good_line_is_ok_and_says_how_it_is_connected() -> None:
    state = judged()
    assert (state.health, state.reasons) == (Health.OK, ())
    assert state.facts == {
        "eth0_state": "up",
        "eth0_mac": "02:00:00:00:00:01",
        "eth0_addresses": "192.0.2.2/24",
        "eth0_speed_mbps": 1000,
        "default_interface": "eth0",
        "gateway": "192.0.2.1",
        "dns_servers": "192.0.2.53",
        "controller_is_local": False,
        "measured_by": "icmp",
    }


@pytest.mark.parametrize(
    ("quality", "reason"),
    [
        (Quality(180.0, 2.0, 0.0, 0, "icmp"), "rtt-high"),
        (Quality(20.0, 41.0, 0.0, 0, "icmp"), "jitter-high"),
        (Quality(20.0, 2.0, 4.0, 2, "icmp"), "loss-high"),
    ],
)
def test_a_line_unfit_for_video_is_degraded(quality: Quality, reason: str) -> None:
    state = judged(quality)
    assert (state.health, state.reasons) == (Health.DEGRADED, (reason,))


def test_a_single_packet_lost_is_shown_and_no_fault() -> None:
    state = judged(Quality(20.0, 2.0, 2.0, 1, "icmp"))
    assert state.health is Health.OK
    assert state.metrics["loss_percent"] == 2.0


def test_silence_is_unknown_and_never_a_loss() -> None:
    state = judged(None)
    assert (state.health, state.reasons) == (Health.UNKNOWN, ("no-echo",))
    assert "loss_percent" not in state.metrics


def test_where_echo_is_filtered_the_live_connection_tells_the_delay_but_no_loss() -> None:
    filtered = Burst(0.0, None)
    quality = network.best(filtered, LinkQuality(30.0, 5.0, 12.5))
    state = judged(quality)
    assert state.health is Health.OK
    assert state.metrics["rtt_ms"] == 30.0
    assert "loss_percent" not in state.metrics


@pytest.mark.parametrize("fault", ["no-carrier", "no-route"])
def test_without_a_way_the_network_has_failed(fault: str) -> None:
    state = judged(None, fault)
    assert (state.health, state.reasons) == (Health.FAILED, (fault,))


def test_a_name_that_is_not_resolved_fails_a_kiosk_that_is_not_connected() -> None:
    assert judged(None, network.NO_NAME).health is Health.FAILED
    assert judged(GOOD, network.NO_NAME).health is Health.DEGRADED


def test_a_noisy_cable_degrades() -> None:
    before = {"eth0": Traffic(1000, 0, 0)}
    noisy = interface(traffic=Traffic(2000, 50, 0))
    share = network.error_share(before, [noisy])
    assert share == pytest.approx(4.76, abs=0.01)
    assert judged(errors_percent=share).reasons == ("interface-errors",)


def test_a_handful_of_errors_on_a_quiet_line_is_none() -> None:
    before = {"eth0": Traffic(1000, 0, 0)}
    assert network.error_share(before, [interface(traffic=Traffic(1010, 5, 0))]) == 0.0


def test_a_pulled_cable_is_the_reason_even_while_the_route_stands() -> None:
    pulled = interface(has_carrier=False)
    assert network.route_fault([pulled], WAY, is_connected=False) == "no-carrier"


def test_a_pulled_cable_is_the_reason_when_the_route_went_with_it() -> None:
    pulled = interface(has_carrier=False, address="")
    assert network.route_fault([pulled], NO_WAY, is_connected=False) == "no-carrier"


def test_an_unused_socket_beside_a_working_wifi_is_no_fault() -> None:
    unused = interface("eth0", address="", has_carrier=False)
    wifi = interface("wlan0", address="192.0.2.2")
    assert network.route_fault([unused, wifi], WAY, is_connected=False) == ""


def test_a_cable_without_a_route_is_no_route() -> None:
    assert network.route_fault([ETH], NO_WAY, is_connected=False) == "no-route"


def test_a_box_with_only_a_loopback_has_no_route_to_a_controller_elsewhere() -> None:
    assert network.route_fault([], NO_WAY, is_connected=False) == "no-route"


def test_a_controller_on_the_same_machine_needs_no_route() -> None:
    local = Way("127.0.0.1", "127.0.0.1", None, ())
    assert network.route_fault([], local, is_connected=False) == ""
    state = network.judge([], local, "", GOOD, None)
    assert (state.health, state.facts["controller_is_local"]) == (Health.OK, True)


def test_a_name_that_is_not_resolved_behind_a_working_route_is_said_so() -> None:
    nameless = Way("", "", BOX, ())
    assert network.route_fault([ETH], nameless, is_connected=False) == network.NO_NAME


def context(rtt_ms: float | None) -> Context:
    link = None if rtt_ms is None else LinkQuality(rtt_ms, 1.0, 0.0)
    return Context(CONFIG, "boot", link)


def test_the_line_is_measured_at_start_and_hourly() -> None:
    burst = Burst(1000.0, GOOD)
    assert network.is_due(None, 0.0, context(20.0), ())
    assert not network.is_due(burst, 1000.0 + 3599, context(20.0), ())
    assert network.is_due(burst, 1000.0 + 3600, context(20.0), ())


@pytest.mark.parametrize(
    ("burst", "rtt_ms", "reasons"),
    [
        (Burst(1000.0, GOOD), 20.0, ("loss-high",)),
        (Burst(1000.0, GOOD), 400.0, ()),
        (Burst(1000.0, None), None, ("no-echo",)),
    ],
)
def test_a_line_in_doubt_is_measured_earlier_but_not_at_every_run(
    burst: Burst, rtt_ms: float | None, reasons: tuple[str, ...]
) -> None:
    assert not network.is_due(burst, 1000.0 + 60, context(rtt_ms), reasons)
    assert network.is_due(burst, 1000.0 + network.DOUBT_S, context(rtt_ms), reasons)


def test_an_interface_with_an_odd_name_makes_valid_facts() -> None:
    odd = interface("Br-LAN.100")
    assert "br_lan_100_mac" in network.judge([odd], WAY, "", GOOD, None).facts


def test_a_name_server_that_never_answers_holds_one_thread_and_nobody_else() -> None:
    answer, asked = threading.Event(), SimpleQueue[str]()

    def lookup(host: str) -> str:
        asked.put(host)
        answer.wait(30)
        return "192.0.2.7"

    resolver = line.Resolver("controller.example", timeout_s=0.01, lookup=lookup)
    assert (resolver.address(), resolver.address()) == (None, None)
    assert asked.qsize() == 1
    answer.set()


def test_a_name_that_does_not_exist_is_not_resolved() -> None:
    def lookup(host: str) -> str:
        raise socket.gaierror(socket.EAI_NONAME, f"{host} is not known")

    assert line.Resolver("controller.example", lookup=lookup).address() is None


def test_a_name_is_resolved_by_the_system() -> None:
    address = line.Resolver("localhost").address()
    assert address is not None
    assert line.is_loopback(address)


def test_a_name_is_not_asked_for_again_while_a_connection_proves_its_address() -> None:
    answers = iter(("192.0.2.7", "192.0.2.8"))
    resolver = line.Resolver("controller.example", lookup=lambda _host: next(answers))
    assert resolver.address(is_in_use=True) == "192.0.2.7"
    assert resolver.address(is_in_use=True) == "192.0.2.7"
    assert resolver.address(is_in_use=False) == "192.0.2.8"


def test_an_address_is_not_looked_up() -> None:
    def lookup(_host: str) -> str:
        raise AssertionError("an address was looked up")

    assert line.Resolver("fd00::7", lookup=lookup).address() == "fd00::7"


def test_our_addresses_agree_with_those_of_ip() -> None:
    shown = json.loads(_ip("addr"))
    expected = {
        each["ifname"]: (
            each.get("address", ""),
            {f"{item['local']}/{item['prefixlen']}" for item in each["addr_info"]},
        )
        for each in shown
        if each["ifname"] != "lo"
    }
    ours = {
        each.name: (each.mac, {f"{item.text}/{item.prefix}" for item in each.addresses})
        for each in interfaces.read()
    }
    assert ours == expected


def test_our_gateway_agrees_with_that_of_ip() -> None:
    shown = [each for each in json.loads(_ip("-4", "route")) if each["dst"] == "default"]
    expected = [(each["dev"], each.get("gateway", "")) for each in shown]
    gateway = interfaces.parse_routes(Path("/proc/net/route").read_text())
    assert (gateway is None) == (not expected)
    assert gateway is None or tuple(gateway) in expected


def test_a_torn_answer_of_the_kernel_gives_what_was_whole() -> None:
    body = (
        bytes([socket.AF_INET, 24, 0, 0, 2, 0, 0, 0]) + b"\x08\x00\x02\x00" + bytes([192, 0, 2, 2])
    )
    message = (16 + len(body)).to_bytes(4, "little") + b"\x14\x00" + b"\0" * 10 + body
    assert interfaces.parse_addresses(message + message[:20]) == {
        2: (Address("192.0.2.2", 24, True),)
    }


def _ip(*what: str) -> str:
    return subprocess.run(
        ["/usr/sbin/ip", "-j", *what], capture_output=True, text=True, check=True, timeout=10
    ).stdout


def test_what_a_line_must_bear_is_told_by_the_configuration() -> None:
    strict = network.bounds(LineLimits(rtt_ms=20))
    slow = Quality(25.0, 1.0, 0.0, 0, "icmp")
    assert network.judge([], WAY, "", slow, None, (), strict).reasons == ("rtt-high",)
    assert network.judge([], WAY, "", slow, None).reasons == ()
