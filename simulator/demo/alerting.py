"""Alerts of a demonstration: rules that do not keep one waiting, and somebody who is told.

All by the API, so that it stands in the rules' history and in the audit as any other edit.
"""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from simulator.demo.api import Api
from simulator.demo.inbox import Inbox

#: As delivered, rules wait for minutes, and count while the kiosk's host is open.
SOON_S = 30
#: A broker that starts tells of wills until the fleet has dialled again.
OFFLINE_SOON_S = 60
#: What nobody took up is told to the next contact.
ESCALATE_S = 600
_CHANNEL = "terminal"
_WHY = (
    "Démonstration : des alertes en une minute, à toute heure. "
    "Demonstration: alerts within a minute, at any hour."
)
_CONTACTS = {
    "support": {"name": "Support informatique (démonstration)"},
    "coordination": {
        "name": "Coordination régionale (démonstration)",
        "least_severity": "critical",
    },
}


def open_channel(api: Api, inbox: Inbox) -> None:
    """Messages come to this terminal; done at each start, the inbox having moved."""
    channel = {
        "title": "Terminal de la démonstration",
        "kind": "webhook",
        "settings": {"url": inbox.url},
        "secret": inbox.secret,
    }
    api.put(f"/api/channels/{_CHANNEL}", channel)


def lay_rules(api: Api) -> int:
    """Contacts, the default route, and rules that fire soon; how many rules were shortened."""
    for key, contact in _CONTACTS.items():
        reached = {"language": "fr", "addresses": [{"channel": _CHANNEL, "address": ""}]}
        api.put(f"/api/contacts/{key}", {**reached, **contact})
    steps = [
        {"after_s": 0, "contacts": ["support"]},
        {"after_s": ESCALATE_S, "contacts": ["coordination"]},
    ]
    api.put("/api/routes/default", {"title": "Support", "steps": steps})
    changed = 0
    for row in api.get("/api/rules"):
        rule = soon(row["rule"])
        if rule != row["rule"]:
            api.put(f"/api/rules/{row['key']}", {"rule": rule, "why": _WHY})
            changed += 1
    return changed


def soon(rule: Mapping[str, Any]) -> dict[str, Any]:
    """A rule on devices or unreachable kiosks as it fires within a minute, at any hour.

    Others stay: numbers and silence mean something only when they last.
    """
    quick = deepcopy(dict(rule))
    match = quick["match"]
    is_presence = match["subject"] == "presence" and match.get("left") != "closed"
    if not is_presence and match["subject"] not in ("device", "devices"):
        return quick
    if is_presence:
        match["left"] = None  # by night too
    quick["for_s"] = min(quick["for_s"], OFFLINE_SOON_S if is_presence else SOON_S)
    quick["clear_for_s"] = min(quick["clear_for_s"], SOON_S)
    quick["when"] = "always"
    return quick
