"""Makes releases as they lie on a kiosk, signed by a key of the test's own."""

import base64
import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_FIRST = datetime(2026, 7, 1, tzinfo=UTC)


class Maker:
    """`releases` and `keys` are as a kiosk has them, below /opt/vigie and /etc/vigie."""

    def __init__(self, releases: Path, keys: Path) -> None:
        self.releases, self.keys = releases, keys
        self._key = Ed25519PrivateKey.generate()
        self._made = 0
        public = self._key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        keys.mkdir(parents=True, exist_ok=True)
        (keys / "lab.pub").write_bytes(public)

    def lay(self, name: str, files: Mapping[str, bytes], executable: str = "") -> Path:
        """A release with these files, by their paths; those in `executable`'s folder may be run."""
        folder = self.releases / name
        for path, content in files.items():
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
            is_program = bool(executable) and path.startswith(executable)
            target.chmod(0o755 if is_program else 0o644)
        return self.sign(name)

    def sign(self, name: str) -> Path:
        """Sign what lies there."""
        folder = self.releases / name
        folder.mkdir(parents=True, exist_ok=True)
        self._made += 1
        files = {
            f"files/{path.relative_to(folder).as_posix()}": {
                "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
                "size": path.stat().st_size,
            }
            for path in sorted(folder.rglob("*"))
            if path.is_file() and path.parent != folder
        }
        at = (_FIRST + timedelta(days=self._made)).isoformat()
        told = {"format": 1, "name": name, "created_at": at, "files": files}
        raw = json.dumps(told, sort_keys=True).encode()
        (folder / "manifest.json").write_bytes(raw)
        (folder / "manifest.sig").write_bytes(base64.b64encode(self._key.sign(raw)) + b"\n")
        return folder
