"""A machine for one test: it runs on from the snapshot, and its disk is thrown away."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.vm import machine
from tests.vm.machine import Machine
from tests.vm.snapshot import Snapshot


@contextmanager
def restored(booted: Snapshot, controller_port: int) -> Iterator[Machine]:
    """It reaches that port of the host's loopback and nothing else."""
    with tempfile.TemporaryDirectory(prefix="vigie-vm-") as folder:
        disk = machine.layer(Path(folder) / "disk.qcow2", booted.disk, "qcow2")
        one = Machine(Path(folder), booted.image, disk, controller_port)
        try:
            one.power_on(booted.state)
            one.guest.wait()
            one.guest.set_clock()
            yield one
        finally:
            one.cut_power()
