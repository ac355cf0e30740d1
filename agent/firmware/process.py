"""One state of a hook, run: as the least user that does, within its time, in an empty environment.

What it says goes to a file, not to a pipe: should we be killed, it still comes to its end; and it
holds the lock until then.
"""

import os
import pwd
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from agent.firmware.errors import HookError
from agent.firmware.hooks import Hook, User
from agent.firmware.protocol import MAX_BYTES, Answer, Progress, State, answer, progress

USER = "vigie-firmware"
_SETPRIV = "/usr/bin/setpriv"
_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
_STEP_S, _TAIL = 0.02, 4096


class Rules(Struct, frozen=True):
    """How hooks run here. `environ` is added to theirs: empty on a kiosk."""

    user: str = USER
    environ: Mapping[str, str] = {}


class Place(Struct, frozen=True):
    """Where a hook writes: `work` is its own, `out` what it says. `lock` is the descriptor that it
    inherits; below 0: none."""

    work: Path
    out: Path
    lock: int = -1


def run(
    hook: Hook,
    state: State,
    request: Mapping[str, Any],
    place: Place,
    rules: Rules,
    said: Callable[[Progress], None] = lambda _: None,
) -> Answer:
    """Ask a hook for a state. Raises HookError only when it cannot be started at all."""
    nodes = _nodes(request)
    command = [*dropped(hook, nodes, rules.user), str(hook.program), state.value]
    _give(place.work, hook, rules.user)
    process = _start(command, request, place, rules)
    try:
        status = _follow(process, place.out, hook.limits_s[state], said)
    except TimeoutError:
        return Answer(False, reason=f"{state} did not end within {hook.limits_s[state]:g} s")
    except HookError as err:
        return Answer(False, reason=str(err))
    finally:
        _kill(process)
    complaints = place.out.with_suffix(".err").read_bytes()[-_TAIL:].splitlines()
    return answer(status, place.out.read_bytes()[: MAX_BYTES + 1], complaints)


def dropped(hook: Hook, nodes: Sequence[Path], user: str) -> list[str]:
    """What stands before a hook's command, so that it may do as little as it can do with.

    Raises HookError when there is no such user.
    """
    if os.geteuid() != 0:
        return []
    if hook.user is User.ROOT:
        return [_SETPRIV, "--no-new-privs", "--"]
    try:
        account = pwd.getpwnam(user)
    except KeyError as err:
        raise HookError(f"user {user} is missing, must be made: apply the states anew") from err
    groups = sorted({str(node.stat().st_gid) for node in nodes if node.exists()} - {"0"})
    more = f"--groups={','.join(groups)}" if groups else "--clear-groups"
    return [
        _SETPRIV, f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", more,
        "--inh-caps=-all", "--bounding-set=-all", "--no-new-privs", "--",
    ]  # fmt: skip


def _start(
    command: Sequence[str], request: Mapping[str, Any], place: Place, rules: Rules
) -> "subprocess.Popen[bytes]":
    environ = {"PATH": _PATH, "LC_ALL": "C.UTF-8", "HOME": str(place.work), **rules.environ}
    asked = place.out.with_suffix(".request")
    asked.write_bytes(msgspec.json.encode(request))
    try:
        complaints = place.out.with_suffix(".err")
        with asked.open("rb") as given, place.out.open("wb") as out, complaints.open("wb") as said:
            return subprocess.Popen(  # noqa: S603 - a signed program, no shell
                command,
                stdin=given,
                stdout=out,
                stderr=said,
                cwd=place.work,
                env=environ,
                start_new_session=True,
                pass_fds=(place.lock,) if place.lock >= 0 else (),
            )
    except OSError as err:
        raise HookError(f"{command[-2]} cannot be run: {err.strerror}") from err


def _follow(
    process: "subprocess.Popen[bytes]", out: Path, limit_s: float, said: Callable[[Progress], None]
) -> int:
    """Its exit status. Raises TimeoutError past its limit, HookError when it says too much."""
    until = time.monotonic() + limit_s
    with out.open("rb") as reading:
        rest = b""
        while True:
            status = process.poll()
            rest = _tell(rest + reading.read(MAX_BYTES), said)
            if reading.tell() > MAX_BYTES:
                raise HookError(f"said more than {MAX_BYTES} bytes")
            if status is not None:
                return status
            if time.monotonic() > until:
                raise TimeoutError
            with suppress(subprocess.TimeoutExpired):
                process.wait(_STEP_S)


def _tell(heard: bytes, said: Callable[[Progress], None]) -> bytes:
    """Pass on the progress in whole lines; the rest is what has no end yet."""
    *lines, rest = heard.split(b"\n")
    for line in lines:
        told = progress(line)
        if told is not None:
            said(told)
    return rest


def _kill(process: "subprocess.Popen[bytes]") -> None:
    """All of its session: what it has started would go on writing to the device."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _give(work: Path, hook: Hook, user: str) -> None:
    if os.geteuid() == 0 and hook.user is User.DEVICE:
        account = pwd.getpwnam(user)
        for path in (work, *work.rglob("*")):
            os.chown(path, account.pw_uid, account.pw_gid, follow_symlinks=False)


def _nodes(request: Mapping[str, Any]) -> list[Path]:
    listed = [request.get("device") or {}, *request.get("candidates", ())]
    return [Path(one["node"]) for one in listed if one.get("node")]
