"""How a kiosk that enrols comes to its minion: a key goes out, the master's words come in."""

import json
import logging
from pathlib import Path

import msgspec

from agent import minion
from agent.config import Minion
from agent.enrol import Enrolled
from agent.errors import EnrolError

log = logging.getLogger(__name__)

_USUAL = msgspec.to_builtins(Minion(), enc_hook=str)


class Joining:
    """One enrolment. `key` is the kiosk's own; what is made lies beside."""

    def __init__(self, key: Path, place: Minion) -> None:
        self._where, self._place = minion.kept(key), place
        self._is_new = not self._where.key.exists()

    def public_key(self) -> str:
        """What the controller is told. A key is made where there is none: a second try uses it."""
        if self._is_new:
            minion.make_key(self._where.key)
        return minion.public(self._where.key)

    def agent_toml(self) -> str:
        """What agent.toml must say of it; nothing where all is as usual."""
        told = [
            f"{name} = {json.dumps(value)}\n"
            for name, value in msgspec.to_builtins(self._place, enc_hook=str).items()
            if value != _USUAL[name]
        ]
        return "".join(["\n[minion]\n", *told]) if told else ""

    def finish(self, enrolled: Enrolled) -> None:
        """Lay what the minion runs with, or throw the key away where it has no master.

        Raises EnrolError: the kiosk is enrolled, and again with the same token is harmless.
        """
        if enrolled.salt is None:
            if self._is_new:
                self._where.key.unlink(missing_ok=True)
            return
        try:
            given = msgspec.convert(
                {"salt": enrolled.salt, "release_keys": enrolled.release_keys}, minion.Offer
            )
        except msgspec.ValidationError as err:
            raise EnrolError(f"what the controller says of Salt cannot be used: {err}") from err
        minion.keep(given, self._where)
        self._where.next_key.unlink(missing_ok=True)  # of an exchange that this takes the place of
        changed = minion.lay(enrolled.kiosk, self._where, self._place)
        log.info("the minion of %s: wrote %s", given.salt.master, ", ".join(changed) or "nothing")
