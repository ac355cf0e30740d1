"""What is sent: one message, ready for any way of sending. No I/O, no Django."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Subject:
    """One alert that a message is about, as receivers with a format of their own need it."""

    id: int
    rule: str
    title: str
    severity: str
    place: str
    kiosk: str
    department: str
    device: str
    began_at: datetime
    ended_at: datetime | None
    url: str
    summary: str

    def as_dict(self) -> dict[str, Any]:
        """Fit for JSON: times in ISO 8601, UTC."""
        return {
            "id": self.id,
            "rule": self.rule,
            "title": self.title,
            "severity": self.severity,
            "place": self.place,
            "kiosk": self.kiosk,
            "department": self.department,
            "device": self.device,
            "began_at": self.began_at.isoformat(),
            "ended_at": self.ended_at.isoformat() if self.ended_at else None,
            "url": self.url,
            "summary": self.summary,
        }


@dataclass(frozen=True, slots=True)
class Letter:
    """One message to one address. `id` stays the same however often it is tried."""

    id: str
    kind: str  # fired, escalated, unsilenced, resolved, digest, test
    title: str
    text: str
    address: str
    at: datetime
    subjects: tuple[Subject, ...] = ()

    @property
    def thread(self) -> str:
        """Messages of one alert belong together; empty where there is no such one."""
        return f"alert-{self.subjects[0].id}" if self.subjects else ""


@dataclass(frozen=True, slots=True)
class Way:
    """A channel as its sender needs it, its secret opened."""

    key: str
    settings: Mapping[str, Any]
    secret: str
