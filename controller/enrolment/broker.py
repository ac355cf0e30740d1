"""The broker's configuration: who may connect, who may say and hear what.

For Mosquitto 2.0.11 and later. Written from vigie.toml and from what the database says of
certificates; never edited by hand.
"""

import os
import pwd
import signal
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from contract.messages import MAX_BYTES
from contract.topics import FROM_KIOSK, TO_KIOSK, Channel, build, subscription
from controller.atomic import PRIVATE, PUBLIC, write
from controller.config import Config

INGEST = "vigie-ingest"
WORKER = "vigie-worker"

#: Payload, topic and properties of the largest message.
_MAX_PACKET = 2 * MAX_BYTES
#: What may wait for one client: else one hostile kiosk could fill the memory while ingest is away.
_MAX_QUEUED = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class BrokerFiles:
    """Where the broker's files lie."""

    folder: Path  # <home>/broker
    pki: Path  # <home>/pki

    @property
    def conf(self) -> Path:
        return self.folder / "mosquitto.conf"

    @property
    def acl(self) -> Path:
        return self.folder / "acl"

    @property
    def pid(self) -> Path:
        return self.folder / "mosquitto.pid"

    @property
    def crl(self) -> Path:
        return self.pki / "crl.pem"


def files(home: Path) -> BrokerFiles:
    """The broker's files in a controller's home."""
    return BrokerFiles(home / "broker", home / "pki")


def conf_text(config: Config) -> str:
    """mosquitto.conf.

    What waits in the broker is saved every second or two: to save it at every change would cost
    nineteen messages in twenty under load. The kiosk's outbox keeps all until the controller says
    that it is committed. A full queue drops the newest message silently, so queues are long.
    """
    where = files(config.home)
    listener = f"{config.broker.port} {config.broker.listen}".strip()
    return f"""# Written by `vigie init` from vigie.toml: edit that, not this.
# Started by root it would become `mosquitto`, who may not read this folder.
user {pwd.getpwuid(os.geteuid()).pw_name}
pid_file {where.pid}
log_dest stderr
log_type error
log_type warning
log_type notice
log_timestamp_format %Y-%m-%dT%H:%M:%S

listener {listener}
set_tcp_nodelay true
max_packet_size {_MAX_PACKET}
cafile {where.pki / "ca.pem"}
certfile {where.pki / "broker.pem"}
keyfile {where.pki / "broker.key"}
crlfile {where.crl}
tls_version tlsv1.3
require_certificate true
use_identity_as_username true
use_username_as_clientid true
allow_anonymous false
acl_file {where.acl}

persistence true
persistence_location {where.folder}/
autosave_interval 1
autosave_on_changes false
max_inflight_messages 1000
max_queued_messages 100000
max_queued_bytes {_MAX_QUEUED}
persistent_client_expiration 30d
"""


def acl_text(ingests: Sequence[str], denied: Iterable[str]) -> str:
    """Who may say and hear what.

    A kiosk writes four channels of its own topic and reads the two others, by pattern. Each process
    of the controller may do what its work needs. A denied kiosk, one whose certificate is revoked,
    may do nothing: Mosquitto checks denials first, and the will of a session is held to them too.
    """
    rules = ["# Written by `vigie`: what is changed here is lost."]
    for ingest in ingests:
        rules += ["", f"user {ingest}"]
        rules += [f"topic read {subscription(channel)}" for channel in FROM_KIOSK]
        rules.append(f"topic write {subscription(Channel.ACK)}")
    rules += ["", f"user {WORKER}", f"topic write {subscription(Channel.COMMAND)}"]
    for kiosk in sorted(denied):
        rules += ["", f"user {kiosk}", "topic deny #"]
    rules.append("")
    rules += [f"pattern write {_own(channel)}" for channel in FROM_KIOSK]
    rules += [f"pattern read {_own(channel)}" for channel in TO_KIOSK]
    return "\n".join(rules) + "\n"


def ingests(pki: Path) -> list[str]:
    """The ingest processes that have a certificate: `vigie-ingest`, `vigie-ingest-2`, ..."""
    return sorted(path.stem for path in pki.glob(f"{INGEST}*.pem"))


def write_conf(config: Config) -> None:
    """Writes mosquitto.conf."""
    where = files(config.home)
    where.folder.mkdir(mode=0o700, exist_ok=True)
    write(where.conf, conf_text(config).encode(), PUBLIC)


def write_acl(where: BrokerFiles, denied: Iterable[str]) -> None:
    """Writes the ACL."""
    # Mosquitto warns of, and later versions refuse, an ACL that others may read.
    write(where.acl, acl_text(ingests(where.pki), denied).encode(), PRIVATE)


def reload(where: BrokerFiles) -> bool:
    """Tells the running broker to read CRL and ACL anew; live sessions stay.

    Returns whether there was one on this machine to tell.
    """
    pid = _pid(where)
    if pid is None:
        return False
    os.kill(pid, signal.SIGHUP)
    return True


def _pid(where: BrokerFiles) -> int | None:
    try:
        pid = int(where.pid.read_text())
        command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except (FileNotFoundError, ProcessLookupError, ValueError):
        return None
    # A pid file outlives a killed broker, and its number may be another's by now.
    return pid if os.fsencode(where.conf) in command else None


def _own(channel: Channel) -> str:
    return build("kiosk", channel).replace("kiosk", "%u")
