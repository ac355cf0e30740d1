"""`./scripts/demo`: starts all, prints the address and the logins, stops all on Ctrl-C."""

import argparse
import json
import os
import shutil
import signal
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

from simulator import region
from simulator.demo import check, releases, rolling, technician
from simulator.demo.api import Api
from simulator.demo.cause import Trouble, cause
from simulator.demo.children import Children, tail
from simulator.demo.inbox import Inbox
from simulator.demo.kiosk import SmallKiosk
from simulator.demo.layout import HERE, HOST, Layout, Ports
from simulator.demo.prepare import (
    REAL,
    REGION,
    Login,
    Setting,
    enrol_all,
    environment,
    lay_alerting,
    lay_controller,
    program,
)
from simulator.errors import DemoError, SimulatorError
from simulator.schedule import Level

_EXAMPLES = """\
examples:
  ./scripts/demo                       # until Ctrl-C; what it learns stays in .demo/
  ./scripts/demo --fresh --port 8080   # forget the last one
  ./scripts/demo --no-salt             # quicker, and not as root: no Salt, no rollouts
  ./scripts/demo --check               # start, prove that all works, stop
  ./scripts/demo --cause provider      # in another terminal: lines of a provider go dark
"""
_FOLDER = Path(".demo")
_OPEN_LIMIT_S = 60.0
_STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def main(argv: Sequence[str] | None = None) -> int:
    """Exit status: 0 done or stopped by its user, 1 something did not come up, 2 wrong usage."""
    args = _parser().parse_args(argv)
    for number in _STOPPING:  # also in the background, where a shell has SIGINT ignored
        signal.signal(number, _interrupt)
    layout = Layout(args.folder.absolute())
    try:
        if args.cause is not None:
            print(cause(layout, args.cause, datetime.now(UTC)))
            return 0
        with layout.locked(fresh=args.fresh):
            return _run(args, layout)
    except SimulatorError as err:
        print(f"demo: {err}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        _say("stopped")
        return 0 if not args.check else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="./scripts/demo",
        description="A region on this machine: broker, controller, one real agent, 102 simulated.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    folder = Path(os.environ.get("VIGIE_DEMO", _FOLDER))
    ports = Ports()
    parser.add_argument("--fresh", action="store_true", help="forget the last demonstration")
    parser.add_argument("--check", action="store_true", help="prove that all works, then stop")
    parser.add_argument(
        "--cause",
        type=Trouble,
        choices=list(Trouble),
        help="tell the one that runs to cut the lines of a provider or a site for ten minutes",
    )
    parser.add_argument("--folder", type=Path, default=folder, help=f"state ({folder})")
    parser.add_argument("--port", type=int, default=ports.web, help=f"pages ({ports.web})")
    parser.add_argument("--door-port", type=int, default=ports.door, help=f"door ({ports.door})")
    parser.add_argument("--broker-port", type=int, default=ports.broker, help=f"({ports.broker})")
    parser.add_argument(
        "--salt-port",
        type=int,
        default=ports.salt,
        metavar="N",
        help=f"first of four ({ports.salt})",
    )
    parser.add_argument(
        "--no-salt", action="store_true", help="without Salt and its small Debian system: no root"
    )
    parser.add_argument("--faults", type=Level, choices=list(Level), default=Level.SOME)
    return parser


def _run(args: argparse.Namespace, layout: Layout) -> int:
    ports = Ports(args.port, args.door_port, args.broker_port, args.salt_port)
    with_salt = not args.no_salt
    ports.require_free(with_salt=with_salt)
    if not shutil.which("mosquitto", path=os.environ.get("PATH", "") + ":/usr/sbin"):
        raise DemoError("mosquitto is not installed: run ./scripts/setup demo")
    began = time.monotonic()
    setting = Setting(layout, ports, environment(layout), _say, with_salt)
    small = SmallKiosk(setting) if with_salt else None
    children = Children(setting.environment, _say)
    inbox = Inbox(layout.log("messages"), lambda title: _say(f"message: {title}"))
    try:
        if small is not None:
            small.lay()
        logins = lay_controller(setting)
        if with_salt:
            releases.lay(setting)
        _start_controller(setting, children)
        api = Api(HERE, ports.web, setting.token())
        lay_alerting(setting, api, inbox)
        enrol_all(setting)
        if small is not None:
            _start_small(setting, api, small)
        _start_kiosks(setting, children, args.faults)
        if small is not None:
            watch = check.Watch(lambda wait_s: _pause(children, wait_s), _say)
            rolling.begin(api, [place.kiosk for place in region.read(REGION)], watch)
        if args.check:
            _check(setting, api, children, began, small)
        else:
            _greet(ports, logins, layout, with_salt=with_salt)
            _wait(children)
    except DemoError:
        _show_logs(layout)
        raise
    finally:
        for number in _STOPPING:
            signal.signal(number, signal.SIG_IGN)
        _say("stopping")
        children.stop()
        if small is not None:
            small.stop()
        inbox.close()
    return 0


def _start_controller(setting: Setting, children: Children) -> None:
    setting.say("starting broker and controller")
    children.start("controller", [program("vigie"), "up"], setting.layout.log("controller"))
    pages = Api(HERE, setting.ports.web)
    until = time.monotonic() + _OPEN_LIMIT_S
    while not pages.answers():
        if time.monotonic() > until:
            raise DemoError(f"the pages do not answer within {_OPEN_LIMIT_S:.0f} s")
        _pause(children, 0.2)


def _start_small(setting: Setting, api: Api, small: SmallKiosk) -> None:
    setting.say(f"booting {REAL}: a small Debian system with the real agent and a real minion")
    small.start()
    rolling.configure(api)
    if not small.is_enrolled:
        small.enrol(json.loads(setting.vigie("enrol-token", "--json", REAL))[0]["token"])
    small.start_services()


def _start_kiosks(setting: Setting, children: Children, faults: Level) -> None:
    layout = setting.layout
    setting.say("starting the simulated fleet")
    if not setting.with_salt:
        setting.say(f"starting the real agent ({REAL}) on this machine")
        agent = [program("vigie-agent"), "run", "--config", str(layout.agent / "agent.toml")]
        children.start("agent", agent, layout.log("agent"))
    broker = f"{HOST}:{setting.ports.broker}"
    words = ("run", "--pki", layout.fleet, "--kiosks", REGION, "--leave-out", REAL)
    more = ("--broker", broker, "--faults", faults, "--status-file", layout.status)
    layout.outages.unlink(missing_ok=True)
    told = ("--outages", layout.outages)
    minions = _minions(setting) if setting.with_salt else ()
    fleet = [program("vigie-simulator"), *map(str, (*words, *more, *told, *minions))]
    children.start("fleet", fleet, layout.log("fleet"))


def _minions(setting: Setting) -> tuple[object, ...]:
    """What the fleet is told so that its minions are found before the real master's."""
    home, ports = setting.layout.home, setting.ports
    return (
        *("--salt", f"{HERE}:{ports.api}", "--salt-effects", setting.layout.effects),
        *("--salt-certificate", home / "pki" / "door.pem"),
        *("--salt-key", home / "pki" / "door.key"),
        *("--salt-password-file", home / "salt" / "api-password"),
        *("--salt-beyond", f"https://{HOST}:{ports.real_api}"),
        *("--salt-beyond-ca", home / "pki" / "ca.pem"),
    )


def _check(
    setting: Setting, api: Api, children: Children, began: float, small: SmallKiosk | None
) -> None:
    watch = check.Watch(lambda wait_s: _pause(children, wait_s), setting.say)
    kiosks = len(region.read(REGION))
    online_s = check.wait_online(api, kiosks, watch)
    values = check.wait_real_values(api, REAL, watch)
    setting.say(f"the real kiosk tells the truth: {values}")
    ping = check.order(api, REAL, "ping", watch)
    setting.say("ping answered; rebooting the real kiosk (simulated: its agent restarts)")
    reboot = check.order(api, REAL, "reboot", watch)
    setting.say("waiting for an alert of a simulated fault")
    alert = technician.wait_alert(api, REAL, watch)
    technician.take_up(api, alert)
    setting.say(f"{alert.rule} of {alert.culprit} fired, and is acknowledged; printing a page")
    printer, page = technician.print_page(api, REAL, watch)
    figures = technician.scrape(api, kiosks)
    proof = rolling.prove(api, small, watch) if small is not None else None
    rolled = f"{proof.setting} rolled out in {proof.duration_s:.0f} s, " if proof else ""
    print(
        f"demo --check: {kiosks} of {kiosks} kiosks online in {online_s:.1f} s, "
        f"{REAL} says {values}, ping {ping.duration_s * 1000:.0f} ms, "
        f"simulated reboot proven in {reboot.duration_s:.1f} s, "
        f"{alert.rule} of {alert.culprit} fired and acknowledged, "
        f"test page of {printer} in {page.duration_s:.1f} s, {figures} figures at /metrics, "
        f"{rolled}{time.monotonic() - began:.0f} s in all",
        flush=True,
    )


def _greet(ports: Ports, logins: tuple[Login, ...], layout: Layout, *, with_salt: bool) -> None:
    print(f"\n  Vigie : http://{HERE}:{ports.web}\n")
    for login in logins:
        print(f"    {login.name:<10} {login.password:<14} {login.role}")
    where = "" if layout.folder == _FOLDER.absolute() else f" --folder {layout.folder}"
    print("\n  Pour voir une panne groupée (to see an outage told as one alert),")
    print(f"  dans un autre terminal (in another terminal): ./scripts/demo --cause provider{where}")
    if with_salt:
        print("\n  Déploiements (rollouts), par l'API (by the API; no pages yet):")
        print(f"  http://{HERE}:{ports.web}/api/rollouts ; {releases.NEXT}, {releases.HARMFUL}")
    print("\n  Ctrl-C arrête tout (stops everything)")
    print(f"  messages : ici (here) ; en entier (in full) : {layout.log('messages')}")
    print(f"  journaux (logs) : {layout.log('*')}\n", flush=True)


def _wait(children: Children) -> None:
    while True:
        _pause(children, 0.5)


def _pause(children: Children, wait_s: float) -> None:
    children.require_alive()
    time.sleep(wait_s)


def _show_logs(layout: Layout) -> None:
    for name in ("controller", "agent", "fleet"):
        log = layout.log(name)
        if log.exists():
            print(f"--- {log}\n{tail(log)}", file=sys.stderr)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _say(text: str) -> None:
    print(f"vigie: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
