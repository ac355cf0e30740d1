"""Firmware of a kiosk's peripherals, by `vigie-agent firmware`: Salt adds nothing of its own.

salt-call vigie_firmware.inventory
salt-call vigie_firmware.plan 2026.12       what that release would change here
salt-call vigie_firmware.apply 2026.12      change it
"""

import json
from pathlib import Path

_AGENTS = (Path("/opt/vigie/agent/current/bin/vigie-agent"), Path("/usr/bin/vigie-agent"))
_RELEASES = Path("/opt/vigie/releases")
#: A modem takes a quarter of an hour, and there may be several devices.
_LIMIT_S = 7200


def __virtual__():  # noqa: N807 - as Salt names it
    return "vigie_firmware"


def inventory():
    """Every device with a version, as `vigie-agent firmware inventory --json`."""
    return _ask("inventory")


def plan(release):
    """What the release would change: {"plan": [{"name", "from", "to", "is_due", ...}, ...]}."""
    return _ask("plan", "--release", release)


def apply(release):
    """Change it: {"done": [{"name", "outcome", "from", "version", "reason", ...}, ...]}."""
    return _ask("apply", "--release", release)


def is_laid(release):
    """Whether the release's manifest is on this kiosk: without it nothing of it counts."""
    return (_RELEASES / release / "manifest.json").exists()


def _ask(verb, *words):
    """What the agent says; {"error": ...} when it says nothing that can be read."""
    program = __opts__.get("vigie_agent") or next(  # noqa: F821
        (str(path) for path in _AGENTS if path.exists()), ""
    )
    if not program:
        return {"error": f"vigie-agent is not installed: none of {', '.join(map(str, _AGENTS))}"}
    command = [program, "firmware", verb, "--json", *words]
    done = __salt__["cmd.run_all"](  # noqa: F821
        command, python_shell=False, env={"LC_ALL": "C.UTF-8"}, timeout=_LIMIT_S,
        ignore_retcode=True, output_loglevel="quiet",
    )  # fmt: skip
    try:
        told = json.loads(done["stdout"])
    except ValueError:
        said = (done["stderr"] or done["stdout"]).strip()[-300:]
        return {"error": f"vigie-agent firmware {verb}: {said or done['retcode']}"}
    return told if isinstance(told, dict) else {"error": f"vigie-agent said {told!r}"}
