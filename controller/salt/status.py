"""How Salt fares: does its API answer, which minions do, and are the master's keys right."""

from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from controller.salt.client import SaltApi
from controller.salt.models import MinionKey
from controller.salt.port import Job, new_jid


@dataclass(frozen=True, slots=True)
class Status:
    """Kiosk ids, sorted."""

    expected: tuple[str, ...]  # by the keys that the controller was given
    accepted: tuple[str, ...]  # by the master
    versions: dict[str, str]  # of Salt, of the minions that answer

    @property
    def missing(self) -> tuple[str, ...]:
        """Whose key the master should have and has not: the worker lays it soon."""
        return tuple(sorted(set(self.expected) - set(self.accepted)))

    @property
    def strange(self) -> tuple[str, ...]:
        """Whose key the master has and should not."""
        return tuple(sorted(set(self.accepted) - set(self.expected)))

    @property
    def silent(self) -> tuple[str, ...]:
        """Known to the master, and giving no answer: off, or cut off."""
        return tuple(sorted(set(self.accepted) - self.versions.keys()))

    @property
    def is_well(self) -> bool:
        """The master's keys are the right ones. A kiosk that is off is nothing unusual."""
        return not (self.missing or self.strange)

    def plain(self) -> dict[str, Any]:
        """For JSON."""
        return {**asdict(self), "missing": self.missing, "strange": self.strange,
                "silent": self.silent}  # fmt: skip


def expected() -> frozenset[str]:
    """The kiosks that the controller knows a minion's key of."""
    return frozenset(MinionKey.objects.filter(ended_at=None).values_list("kiosk_id", flat=True))


def look(api: SaltApi, wanted: Collection[str], now: datetime, wait_s: float) -> Status:
    """Ask master and minions, these for `wait_s` at most. Raises PortError."""
    accepted = api.accepted()
    job = Job(new_jid(now), "test.version", tuple(sorted(accepted)))
    answers = api.ask(job, wait_s)
    versions = {one.kiosk: str(one.body) for one in answers if one.has_succeeded}
    return Status(tuple(sorted(wanted)), tuple(sorted(accepted)), versions)
