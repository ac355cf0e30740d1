"""Firmware as a release has it.

    firmware:
      vigie_firmware.updated:
        - name: 2026.12

Under test=True it says what would go from which version to which. It fails when a device does not
come to run what the release says, also when that was refused for now (a citizen is there, no
mains): a rollout's gate is to see it, and its next attempt finds the device as it was.
"""

_GOOD = ("updated", "unchanged")


def __virtual__():  # noqa: N807 - as Salt names it
    return "vigie_firmware"


def updated(name):
    """Every device that the release `name` has firmware for runs it."""
    if __opts__["test"] and not __salt__["vigie_firmware.is_laid"](name):  # noqa: F821
        comment = f"what release {name} would update is known once it is laid here"
        return _answer(name, None, {"release": {"old": None, "new": name}}, comment)
    told = __salt__["vigie_firmware.plan"](name)  # noqa: F821
    if "plan" not in told:
        return _answer(name, False, {}, _why(told))
    due = [one for one in told["plan"] if one["is_due"]]
    changes = {one["name"]: {"old": one["from"], "new": one["to"]} for one in due}
    if not due:
        count = len(told["plan"])
        comment = f"firmware of {count} devices is as release {name} has it"
        return _answer(name, True, {}, comment if count else f"release {name} has none for here")
    if __opts__["test"]:  # noqa: F821
        return _answer(name, None, changes, f"firmware of {', '.join(changes)} would be updated")
    told = __salt__["vigie_firmware.apply"](name)  # noqa: F821
    if "done" not in told:
        return _answer(name, False, {}, _why(told))
    return _told(name, told["done"])


def _told(name, done):
    changes = {
        one["name"]: {"old": one["from"], "new": one["version"]}
        for one in done
        if one["version"] != one["from"]
    }
    lines = [
        f"{one['name']}: {one['outcome']}" + (f" ({one['reason']})" if one["reason"] else "")
        for one in done
    ]
    is_good = all(one["outcome"] in _GOOD for one in done)
    return _answer(name, is_good, changes, "; ".join(lines))


def _why(told):
    if "refused" in told:
        return f"not now: {told['refused']}"
    return str(told.get("error") or told)


def _answer(name, result, changes, comment):
    return {"name": name, "result": result, "changes": changes, "comment": comment}
