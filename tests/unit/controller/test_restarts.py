"""How long `vigie up` waits before it starts a part again."""

import subprocess
import sys
from itertools import accumulate
from pathlib import Path

from controller.supervisor import next_wait_s


def test_a_part_that_keeps_ending_is_started_ever_less_often_up_to_a_cap() -> None:
    waits = accumulate(range(8), lambda last_s, _: next_wait_s(last_s, ran_s=0.1), initial=0.0)
    assert list(waits) == [0.0, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0]


def test_a_part_that_ran_well_is_started_again_soon() -> None:
    assert next_wait_s(30.0, ran_s=60.0) == 1.0


def test_what_a_part_leaves_behind_ends_with_it(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from controller.supervisor import Part, run\n"
        "run([Part('part', ('/bin/sh', '-c', 'sleep 600 & echo left $!; exit 3'))], Path('/'))"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stderr=subprocess.PIPE, text=True
    ) as supervisor:
        assert supervisor.stderr is not None
        left, ended = (supervisor.stderr.readline() for _ in range(2))
        supervisor.terminate()
    assert "ended with code 3" in ended
    state = Path(f"/proc/{left.split()[-1]}/stat")
    assert not state.exists() or state.read_text().split()[2] == "Z"
