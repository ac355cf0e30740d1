"""The minion's next key: made here, laid on the master by the controller, then taken into use.

    POST /minion-key {"minion_key": PEM}, by the kiosk's certificate
    200 {"kiosk", "salt": {...}, "release_keys": {...}}: the master has it
    409 there is no Salt in this region    503 the master cannot be told: it has the key before

Until the controller has said that the master has the new key, the one before is in use; from then
on the new one is, by one rename. Whoever is cut off in between asks again, with the key that was
made: it is kept, for the master may have it already.
"""

import msgspec

from agent import minion, renewal
from agent.config import Config
from agent.enrol import complaint
from agent.errors import EnrolError


class Exchanged(minion.Offer, frozen=True):
    """The door's answer."""

    kiosk: str


def exchange(config: Config, step: renewal.Step) -> None:
    """The whole of it, but for the minion's own files (`minion.lay`) and its restart.

    Raises EnrolError: the key before is in use then, unless an earlier try had gone further.
    """
    where = minion.kept(config.broker.key)
    with renewal.alone(config.state_dir / "minion-key.lock", "a change of the minion's key"):
        if not where.next_key.exists():
            step(10, "making a key")
            minion.make_key(where.next_key)
        step(20, "having the master know it")
        _offer(config, where)
        where.next_key.replace(where.key)
        minion.sync(where.key.parent)


def is_unfinished(config: Config) -> bool:
    """Whether an exchange was cut off: the master may have the next key, or the one before."""
    return minion.kept(config.broker.key).next_key.exists()


def _offer(config: Config, where: minion.Kept) -> None:
    body = {"minion_key": minion.public(where.next_key)}
    answer = renewal.post(config, renewal.present(config.broker), "/minion-key", body)
    try:
        given = msgspec.json.decode(answer, type=Exchanged)
    except msgspec.DecodeError as err:
        said = complaint(answer)
        raise EnrolError(f"the controller's answer cannot be read: {said or err}") from err
    if given.kiosk != config.kiosk:
        raise EnrolError(f"the key was taken for {given.kiosk!r}, must be for {config.kiosk!r}")
    minion.keep(minion.Offer(given.salt, given.release_keys), where)
