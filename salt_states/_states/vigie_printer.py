"""Queues of CUPS, by its own programs: Salt has no state for them.

    kiosk printer:
      vigie_printer.queue_present:
        - name: Laser
        - uri: ipp://printer.local/ipp/print
        - driver: everywhere
        - is_default: True
        - options: {media: iso_a4_210x297mm}

What CUPS does not tell back (the driver a queue was made with) is kept in a file beside: another
driver makes the queue anew.
"""

import json
from pathlib import Path

_KEPT = Path("/var/lib/vigie/printing")
_LIMIT_S = 120


def __virtual__():  # noqa: N807 - as Salt names it
    return "vigie_printer"


def queue_present(name, uri, driver="everywhere", is_default=False, description="", options=None):
    """A queue of this name, address and driver, that takes jobs."""
    wanted = {
        "uri": uri,
        "driver": driver,
        "description": description,
        "options": dict(sorted((options or {}).items())),
    }
    found = _found(name)
    changes = {
        key: {"old": found.get(key), "new": value}
        for key, value in wanted.items()
        if found.get(key) != value
    }
    if is_default and _default() != name:
        changes["is_default"] = {"old": False, "new": True}
    if not changes:
        return _answer(name, True, {}, f"queue {name} is as it should be")
    if __opts__["test"]:  # noqa: F821
        return _answer(name, None, changes, f"queue {name} would be set up")
    command = ["lpadmin", "-p", name, "-E", "-v", uri, "-m", driver]
    command += ["-D", description] if description else []
    for key, value in wanted["options"].items():
        command += ["-o", f"{key}={value}"]
    complaint = _run(command) or (_run(["lpadmin", "-d", name]) if is_default else "")
    if complaint:
        return _answer(name, False, {}, f"queue {name}: {complaint}")
    _keep(name, wanted)
    return _answer(name, True, changes, f"queue {name} is set up")


def queue_absent(name):
    """No such queue."""
    if _uri(name) is None:
        return _answer(name, True, {}, f"there is no queue {name}")
    changes = {"queue": {"old": name, "new": None}}
    if __opts__["test"]:  # noqa: F821
        return _answer(name, None, changes, f"queue {name} would be removed")
    complaint = _run(["lpadmin", "-x", name])
    if complaint:
        return _answer(name, False, {}, f"queue {name}: {complaint}")
    _path(name).unlink(missing_ok=True)
    return _answer(name, True, changes, f"queue {name} is removed")


def _answer(name, result, changes, comment):
    return {"name": name, "result": result, "changes": changes, "comment": comment}


def _found(name):
    """As CUPS has it, and as it was made; empty when there is none."""
    uri = _uri(name)
    if uri is None:
        return {}
    kept = json.loads(_path(name).read_text("utf-8")) if _path(name).exists() else {}
    return {**kept, "uri": uri}


def _uri(name):
    """`device for Laser: ipp://...` in C's language; None when there is no such queue."""
    done = _call(["lpstat", "-v", name])
    prefix = f"device for {name}: "
    lines = [line for line in done["stdout"].splitlines() if line.startswith(prefix)]
    return lines[0][len(prefix) :].strip() if lines else None


def _default():
    said = _call(["lpstat", "-d"])["stdout"]
    return said.rpartition(": ")[2].strip()


def _keep(name, wanted):
    _KEPT.mkdir(parents=True, exist_ok=True)
    _path(name).write_text(json.dumps(wanted), "utf-8")


def _path(name):
    return _KEPT / f"{name}.json"


def _run(command):
    """What went wrong; empty when nothing did."""
    done = _call(command)
    return done["stderr"].strip()[:300] or "it failed" if done["retcode"] else ""


def _call(command):
    return __salt__["cmd.run_all"](  # noqa: F821
        command, python_shell=False, env={"LC_ALL": "C"}, timeout=_LIMIT_S, ignore_retcode=True
    )
