"""What a return of state.apply says, by returns as Salt 3008.3 gave them."""

from typing import Any

import pytest

from controller.rollouts.results import MAX_TEXT, Outcome, kept, read

_STATE: dict[str, Any] = {
    "name": "/etc/motd", "changes": {}, "result": True, "comment": "File /etc/motd is in order",
    "__sls__": "base", "__run_num__": 0, "start_time": "01:39:19.000000", "duration": 3.2,
    "__id__": "motd",
}  # fmt: skip


def state(**changes: object) -> dict[str, Any]:
    return {"file_|-motd_|-/etc/motd_|-managed": _STATE | changes}


@pytest.mark.parametrize(
    ("body", "retcode", "outcome"),
    [
        (state(), 0, Outcome.OK),
        (state(changes={"diff": "+bonjour"}), 0, Outcome.OK),
        (state(result=None, changes={"diff": "+bonjour"}), 0, Outcome.DRIFTED),
        (state(result=False, comment="Source file is missing"), 2, Outcome.FAILED),
        (state(), 2, Outcome.FAILED),
        (["Rendering SLS 'r1:kiosk' failed: mapping values are not allowed"], 1,
         Outcome.STATES_INVALID),
        (["Pillar failed to render with the following messages:", "..."], 5,
         Outcome.PILLAR_FAILED),
        (['The function "state.apply" is running as PID 4711 and was started at ...'], 1,
         Outcome.BUSY),
        ("The minion function caused an exception: SaltReqTimeoutError: Message timed out", 1,
         Outcome.MASTER_AWAY),
        (state(result=False, comment="Unable to manage file: Message timed out"), 2,
         Outcome.MASTER_AWAY),
        ({}, 0, Outcome.STATES_INVALID),
        ("'state.apply' is not available.", 254, Outcome.FAILED),
        (None, 1, Outcome.FAILED),
    ],
)  # fmt: skip
def test_each_kind_of_return_is_told_apart(body: Any, retcode: int, outcome: Outcome) -> None:
    assert read(body, retcode).outcome is outcome
    assert read(kept(body), retcode).outcome is outcome


def test_what_failed_is_named() -> None:
    found = read(state(result=False, comment="Source file is missing"), 2)
    assert found.detail == "motd"
    assert found.told()["failed"][0]["comment"] == "Source file is missing"


def test_a_complaint_is_named_by_its_first_line_and_kept_whole() -> None:
    found = read(["Rendering SLS 'r1:kiosk' failed\nTraceback (most recent call last):"], 1)
    assert found.detail == "Rendering SLS 'r1:kiosk' failed"
    assert "Traceback" in found.told()["complaint"]


def test_what_is_kept_is_short_and_has_no_secret() -> None:
    diff = "-psk=alt\n+psk=vaste-plateau-42\n" + "x" * 10_000
    body = kept(state(changes={"diff": diff, "pid": 7}, result=True))
    text = str(body)
    assert "vaste-plateau" not in text
    assert len(text) < MAX_TEXT + 500
    assert kept(["password: vaste-plateau-42"]) == ["password: ***"]
