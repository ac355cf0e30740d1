"""Versions of the agent on this kiosk. It works with the agent broken or gone: what installs a
version comes out of its own package, which is believed as far as the release's manifest is signed.

salt-call vigie_agent.status             the current version, the trial that is on, the last verdict
"""

import hashlib
import json
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

_HOME = "/opt/vigie/agent"
_KEYS = "/etc/vigie/release-keys"
_OPENSSL = "/usr/bin/openssl"
_PYTHON = "/usr/bin/python3"
_LIMIT_S = 120


def __virtual__():  # noqa: N807 - as Salt names it
    return "vigie_agent"


def status():
    """{"current", "is_whole", "trial", "verdict"}: of what is on the disk."""
    home = _home()
    try:
        current = (home / "current").readlink().name
    except OSError:
        current = ""
    return {
        "current": current,
        "is_whole": bool(current) and (home / "current/bin/vigie-agent").is_file(),
        "trial": _told(home / "trial.json"),
        "verdict": _told(home / "verdict.json"),
    }


def is_as_packaged(version, package):
    """Whether every file of the package is on the disk as it is in it."""
    place = _home() / "versions" / version
    try:
        with tarfile.open(package) as tar:
            return all(
                (place / one.name).read_bytes() == tar.extractfile(one).read()
                for one in tar.getmembers()
                if one.isfile()
            )
    except (OSError, tarfile.TarError):
        return False


def package(saltenv):
    """What the release brings, fetched and proven: {"version", "file", "sha256"}; or {"error"}."""
    names = ("manifest.json", "manifest.sig")
    fetched = [__salt__["cp.cache_file"](f"salt://{name}", saltenv=saltenv) for name in names]  # noqa: F821
    if not all(fetched):
        return {"error": f"release {saltenv} has no signed manifest"}
    manifest, signature = map(Path, fetched)
    if not _is_signed(manifest, signature):
        return {"error": f"the manifest of release {saltenv} is signed by no key in {_keys()}"}
    told = json.loads(manifest.read_bytes())
    if told["name"] != saltenv:
        return {"error": f"the manifest is of release {told['name']}, must be of {saltenv}"}
    if "agent" not in told:
        return {"error": f"release {saltenv} brings no agent"}
    path, version = told["agent"]["file"], told["agent"]["version"]
    source = "salt://" + path.removeprefix("files/")
    file = __salt__["cp.cache_file"](source, saltenv=saltenv)  # noqa: F821
    wanted = told["files"][path]["sha256"]
    found = hashlib.sha256(Path(file).read_bytes()).hexdigest() if file else "none"
    if found != wanted:
        return {"error": f"{source} has sha256 {found}, must have {wanted}"}
    return {"version": version, "file": file, "sha256": wanted}


def install(version, package, sha256, limit_s):
    """Lay it and switch to it: {"is_laid", "is_new"}; or {"error"}."""
    with tempfile.TemporaryDirectory(prefix="vigie-agent-") as folder:
        shutil.unpack_archive(package, folder, "gztar")
        command = [
            _PYTHON, "-sP", "-m", "agent.versions",
            str(_home()), version, package, sha256, str(limit_s),
        ]  # fmt: skip
        done = __salt__["cmd.run_all"](  # noqa: F821
            command, python_shell=False, cwd="/", timeout=_LIMIT_S, ignore_retcode=True,
            env={"PYTHONPATH": f"{folder}/lib", "PYTHONDONTWRITEBYTECODE": "1"},
        )  # fmt: skip
    if done["retcode"]:
        return {"error": (done["stderr"] or done["stdout"]).strip()[-300:]}
    return json.loads(done["stdout"])


def _is_signed(manifest, signature):
    with tempfile.NamedTemporaryFile() as plain:
        command = [_OPENSSL, "base64", "-d", "-A", "-in", str(signature), "-out", plain.name]
        if not _does(command):
            return False
        return any(
            _does([
                _OPENSSL, "pkeyutl", "-verify", "-pubin", "-inkey", str(key), "-rawin",
                "-sigfile", plain.name, "-in", str(manifest),
            ])
            for key in sorted(_keys().glob("*.pub"))
        )  # fmt: skip


def _does(command):
    done = subprocess.run(command, capture_output=True, timeout=20, check=False)  # noqa: S603 - ours
    return done.returncode == 0


def _home():
    return Path(__opts__.get("vigie_agent_home", _HOME))  # noqa: F821


def _keys():
    return Path(__opts__.get("vigie_release_keys", _KEYS))  # noqa: F821


def _told(path):
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
