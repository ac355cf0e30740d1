"""What else could watch a kiosk, each as it would run there, with nobody asking it anything more.

prometheus-node-exporter is scraped once a minute; Zabbix's agent waits for passive checks that
nobody makes; glances writes what it measures to a file each minute; the minion is connected to a
real Salt master on this machine, which accepts it by itself and gives it nothing to do.
"""

import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench import venvs
from bench.errors import BenchError
from tests.peer.region import free_port, is_open

_SALT = "salt~=3008.0"
_ASK_S = 10

_ZABBIX = """\
Hostname=kiosk
Server=127.0.0.1
ListenIP=127.0.0.1
ListenPort={port}
LogType=console
PidFile={folder}/zabbix.pid
ControlSocket={folder}/zabbix.sock
"""
_MASTER = """\
user: root
interface: 127.0.0.1
publish_port: {publish}
ret_port: {answer}
root_dir: {folder}/master
worker_threads: 3
auto_accept: True
"""
_MINION = """\
id: kiosk
user: root
master: 127.0.0.1
publish_port: {publish}
master_port: {answer}
root_dir: {folder}/minion
"""


@dataclass(frozen=True, slots=True)
class Peer:
    """How to run it. `server` is what it needs beside it and is not measured; `ask` is to be called
    once in each minute."""

    command: tuple[str, ...]
    server: tuple[str, ...] = ()
    ask: Callable[[], None] = lambda: None


def _node_exporter(_: Path) -> Peer:
    address = f"127.0.0.1:{free_port()}"

    def scrape() -> None:
        with urllib.request.urlopen(f"http://{address}/metrics", timeout=_ASK_S) as page:
            page.read()

    program = _installed("/usr/bin/prometheus-node-exporter")
    return Peer((program, f"--web.listen-address={address}"), ask=scrape)


def _zabbix(folder: Path) -> Peer:
    conf = folder / "zabbix.conf"
    conf.write_text(_ZABBIX.format(port=_low_port(), folder=folder))
    return Peer((_installed("/usr/sbin/zabbix_agent2"), "-c", str(conf), "-f"))


def _glances(folder: Path) -> Peer:
    export = ("--export", "csv", "--export-csv-file", str(folder / "glances.csv"))
    program = _installed("/usr/bin/glances")
    return Peer((program, "--quiet", "--time", "60", *export, "--disable-check-update"))


def _salt_minion(folder: Path) -> Peer:
    programs = venvs.python("salt", _SALT).parent
    ports = {"publish": free_port(), "answer": free_port()}
    for name, text in (("master", _MASTER), ("minion", _MINION)):
        (folder / name).mkdir()
        (folder / name / name).write_text(text.format(folder=folder, **ports))
    minion = (str(programs / "salt-minion"), "-c", str(folder / "minion"), "-l", "error")
    master = (str(programs / "salt-master"), "-c", str(folder / "master"), "-l", "error")
    return Peer(minion, server=master)


#: Each by its name; what makes it raises BenchError when it is not to be had.
PEERS: tuple[tuple[str, Callable[[Path], Peer]], ...] = (
    ("prometheus-node-exporter", _node_exporter),
    ("zabbix_agent2", _zabbix),
    ("glances", _glances),
    ("salt-minion", _salt_minion),
)


def _low_port() -> int:
    """Zabbix refuses ports past 32767, and those are what the system gives."""
    return next(port for port in range(20_000, 32_768) if not is_open(port))


def _installed(program: str) -> str:
    if not Path(program).exists():
        raise BenchError(f"{program} is not there: ./scripts/setup bench installs it")
    return program
