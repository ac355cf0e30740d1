"""Puts this kiosk's minion to rights: finds what is wrong, and does no more than that asks for."""

from threading import Event

from msgspec import Struct

from agent import minion, minionkey, minionlife
from agent.config import Config
from agent.errors import EnrolError, RemedyError
from agent.renewal import Step

#: A minion that starts on a slow kiosk, and finds its master over a mobile network.
CONNECT_S = 60.0


class Repaired(Struct, frozen=True):
    """What was found and done. `pid`: of the minion, which is connected; None: it is not."""

    found: tuple[str, ...]
    done: tuple[str, ...]
    pid: int | None


def repair(config: Config, step: Step, is_over: Event, connect_s: float = CONNECT_S) -> Repaired:
    """The whole of it. Again is harmless: on a minion that is well nothing is done.

    Raises EnrolError or RemedyError when what is wrong cannot be put right here.
    """
    if not minionlife.is_installed(config.minion):
        raise RemedyError(
            f"there is no salt-minion in {config.minion.programs} or /usr/bin: install it"
        )
    found, done = list[str](), list[str]()
    if lacks := _lacking(config):
        found.append(lacks)
        _exchange(config, step, done)
    _lay(config, step, found, done)
    process = _connected(config, 0.0, is_over)
    if ails := _ailing(config, process):
        found.append(ails)
    if ails or done:
        process = _restarted(config, step, is_over, connect_s, done)
    if process is None and "exchanged the key" not in done and not is_over.is_set():
        found.append("the master was not reached with this key")
        _exchange(config, step, done)  # and its words: it may have moved, or have another key
        _lay(config, step, [], done)
        process = _restarted(config, step, is_over, connect_s, done)
    return Repaired(tuple(found), tuple(done), process)


def use_key(config: Config, step: Step, is_over: Event, connect_s: float = CONNECT_S) -> int | None:
    """Have the minion use the key that is kept; its process once the master has let it in, or None.

    Raises EnrolError or RemedyError when that cannot be tried.
    """
    _lay(config, step, [], [])
    return _restarted(config, step, is_over, connect_s, [])


def _lacking(config: Config) -> str:
    where = minion.kept(config.broker.key)
    if minionkey.is_unfinished(config):
        return "an exchange of keys was cut off"
    if minion.terms(where) is None:
        return "nothing was kept of the master"
    try:
        minion.public(where.key)
    except EnrolError:
        return "no key was kept"
    return ""


def _ailing(config: Config, connected: int | None) -> str:
    place = config.minion
    if minionlife.pid(place) is None:
        return "it does not run"
    if connected is None:
        return "it is not connected to its master"
    if minionlife.is_older(place, minion.laid(place)):
        return "it runs with what was there before"
    return ""


def _exchange(config: Config, step: Step, done: list[str]) -> None:
    minionkey.exchange(config, step)
    done.append("exchanged the key")


def _lay(config: Config, step: Step, found: list[str], done: list[str]) -> None:
    step(40, "looking at its files")
    changed = minion.lay(*minion.place_of(config))
    found += [f"{name} is missing or altered" for name in changed if not done]
    done += [f"wrote {name}" for name in changed if name != "minion_master.pub"]
    done += ["forgot another master's key"] if "minion_master.pub" in changed else []


def _restarted(
    config: Config, step: Step, is_over: Event, connect_s: float, done: list[str]
) -> int | None:
    step(60, "restarting it")
    minionlife.restart(config.minion)
    done.append("restarted it")
    step(80, "waiting until it has reached the master")
    return _connected(config, connect_s, is_over)


def _connected(config: Config, within_s: float, is_over: Event) -> int | None:
    given = minion.terms(minion.kept(config.broker.key))
    if given is None:
        return None
    return minionlife.wait_connected(config.minion, given.publish_port, within_s, is_over)
