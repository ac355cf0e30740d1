"""The agent as a release brings it.

    agent:
      vigie_agent.installed:
        - name: 2026.12         the release
        - limit_s: 300          to prove itself to the controller, or the one before comes back

It waits for that. Its result is False when the one before came back; changes say what is current.
"""

import time

_MORE_S = 60


def __virtual__():  # noqa: N807 - as Salt names it
    return "vigie_agent"


def installed(name, limit_s=300):
    """The agent of the release `name` is current, whole, and has proved itself."""
    brought = __salt__["vigie_agent.package"](name)  # noqa: F821
    if "error" in brought:
        return _answer(name, False, {}, brought["error"])
    version, file = brought["version"], brought["file"]
    before = __salt__["vigie_agent.status"]()  # noqa: F821
    is_whole = __salt__["vigie_agent.is_as_packaged"](version, file)  # noqa: F821
    if before["current"] == version and is_whole:
        return _settled(name, version, {}, limit_s)
    old = before["current"] if before["is_whole"] else f"{before['current'] or 'none'} (broken)"
    changes = {"agent": {"old": old, "new": version}}
    if __opts__["test"]:  # noqa: F821
        return _answer(name, None, changes, f"the agent would become {version}")
    done = __salt__["vigie_agent.install"](version, file, brought["sha256"], limit_s)  # noqa: F821
    if "error" in done:
        return _answer(name, False, {}, done["error"])
    if __salt__["service.available"]("vigie-agent"):  # noqa: F821
        __salt__["service.systemctl_reload"]()  # noqa: F821
        __salt__["service.restart"]("vigie-agent", no_block=True)  # noqa: F821
    return _settled(name, version, changes, limit_s)


def _settled(name, version, changes, limit_s):
    """Once the trial that is on, if any, is decided."""
    end = time.monotonic() + limit_s + _MORE_S
    while (now := __salt__["vigie_agent.status"]())["trial"]:  # noqa: F821
        if __opts__["test"]:  # noqa: F821
            return _answer(name, None, changes, f"agent {version} is on trial")
        if time.monotonic() > end:
            return _answer(name, False, changes, "nobody decided the trial: is the guard running?")
        time.sleep(1)
    if now["current"] != version:
        why = (now["verdict"] or {}).get("why", "")
        return _answer(name, False, {}, f"agent {version} was taken back: {why}")
    return _answer(name, True, changes, f"agent {version} is current")


def _answer(name, result, changes, comment):
    return {"name": name, "result": result, "changes": changes, "comment": comment}
