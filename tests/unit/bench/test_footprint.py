"""What the kernel says of a tree of processes, against what the processes know themselves."""

import subprocess
import sys

import psutil
import pytest

from bench.footprint import Tree

_PARENT = """
import subprocess, sys, time
sleep = "import time; print(1, flush=True); time.sleep(60)"
child = subprocess.Popen([sys.executable, "-c", sleep])
time.sleep(60)
"""


def test_memory_is_that_of_parent_and_children() -> None:
    with subprocess.Popen([sys.executable, "-c", _PARENT], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        parent.stdout.readline()
        family = [psutil.Process(parent.pid), *psutil.Process(parent.pid).children()]
        expected = sum(one.memory_info().rss for one in family)
        found = Tree(parent.pid).memory()
        for one in family:
            one.kill()
    assert len(family) == 2
    # /proc/<pid>/statm counts in batches, so it lags by some pages.
    assert found.rss_bytes == pytest.approx(expected, rel=0.1)
    assert 0 < found.pss_bytes < found.rss_bytes


def test_cpu_time_is_what_the_process_itself_reads() -> None:
    code = (
        "import time\nwhile time.process_time() < 0.2: pass\nprint(1, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as busy:
        assert busy.stdout is not None
        busy.stdout.readline()
        found = Tree(busy.pid).cpu_s()
        busy.kill()
    assert found == pytest.approx(0.2, abs=0.1)
