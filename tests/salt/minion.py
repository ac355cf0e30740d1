"""A real salt-minion with a folder, keys and a name of its own; the name of a kiosk."""

import json
import os
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

#: A test run that is killed takes them along.
TIED = ("/usr/bin/setpriv", "--pdeathsig", "TERM", "--")


class Minion:
    """`terms` are the fields of controller.salt.terms.MinionTerms."""

    def __init__(self, kiosk: str, folder: Path, program: Path, terms: Mapping[str, Any]) -> None:
        self.kiosk = kiosk
        self.folder = folder
        self._program = program
        self._process: subprocess.Popen[bytes] | None = None
        for name in ("etc", "pki", "run", "cache"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        self.configure(terms)
        self.public_key = make_keys(folder / "pki")

    def configure(self, terms: Mapping[str, Any], **more: Any) -> None:
        """Write its configuration, as a kiosk's is."""
        values = {
            "id": self.kiosk,
            "master": terms["master"],
            "master_port": terms["return_port"],
            "publish_port": terms["publish_port"],
            "master_finger": terms["finger"],
            "signing_algorithm": terms["signing_algorithm"],
            "encryption_algorithm": terms["encryption_algorithm"],
            "sign_pub_messages": True,
            "minion_sign_messages": True,
            "mine_enabled": False,
            # In one process it keeps no word of a job that ended while the master was down.
            "multiprocessing": True,
            "cache_jobs": True,
            "root_dir": str(self.folder),
            "pki_dir": str(self.folder / "pki"),
            "cachedir": str(self.folder / "cache"),
            "sock_dir": str(self.folder / "run"),
            "pidfile": str(self.folder / "run" / "minion.pid"),
            "log_file": str(self.folder / "run" / "minion.log"),
            "log_level_logfile": "quiet",
            # What a machine of its own has no reason to hurry with.
            "acceptance_wait_time": 1,
            "random_reauth_delay": 1,
            "recon_default": 100,
            "recon_max": 500,
            "recon_randomize": False,
            "enable_fqdns_grains": False,
            "enable_gpu_grains": False,
            **more,
        }
        lines = (f"{key}: {json.dumps(value)}\n" for key, value in values.items())
        (self.folder / "etc" / "minion").write_text("".join(lines))

    def start(self) -> None:
        """Start it; it answers a little later (`Stage.wait_for`)."""
        with (self.folder / "minion.log").open("ab") as log:
            self._process = subprocess.Popen(
                [*TIED, str(self._program), "-c", str(self.folder / "etc")],
                cwd=self.folder,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def stop(self) -> None:
        """SIGTERM, and wait for it."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(30)
            self._process = None

    def kill(self) -> None:
        """SIGKILL to it and its children; no word when it does not run."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None
            # Its child's number may stand for a while for a process that nobody has waited for.
            (self.folder / "run" / "minion.pid").unlink(missing_ok=True)

    def log(self) -> str:
        """All that it has printed."""
        path = self.folder / "minion.log"
        return path.read_text(errors="replace") if path.exists() else ""


def make_keys(folder: Path) -> str:
    """`minion.pem` and `minion.pub`; the public one, PEM."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    (folder / "minion.pem").write_bytes(private)
    (folder / "minion.pem").chmod(0o400)
    (folder / "minion.pub").write_bytes(public)
    return public.decode("ascii")
