"""A real OpenID provider (npm's oidc-provider, certified), and a person who logs in by it."""

import fcntl
import json
import re
import shutil
import subprocess
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit, urlunsplit

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from tests.peer.region import ROOT, free_port, is_open, wait_until

PACKAGE = "oidc-provider@8.8.1"  # the last major that runs on Debian 12's Node.js
NODE = Path("/usr/bin/node")
SECRET = "only-for-tests-b1c2"
_CACHE = ROOT / ".cache" / "oidc-provider"
_SCRIPT = Path(__file__).with_name("provider.mjs")
_INSTALL_S = 180


def module() -> Path:
    """Where oidc-provider lies, fetched once for all tests; skips where it cannot be had."""
    if not NODE.exists():
        pytest.skip("nodejs is not installed")
    found = _CACHE / "node_modules" / "oidc-provider" / "lib" / "index.js"
    done = _CACHE / f".{PACKAGE}"
    _CACHE.mkdir(parents=True, exist_ok=True)
    with (_CACHE / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            _install()
            done.touch()
    return found


def _install() -> None:
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not installed, and oidc-provider is not in .cache")
    (_CACHE / "package.json").write_text('{"private": true}')
    options = ("--no-audit", "--no-fund", "--ignore-scripts", "--save-exact")
    try:
        ended = subprocess.run(
            [npm, "install", *options, PACKAGE],
            cwd=_CACHE,
            capture_output=True,
            text=True,
            timeout=_INSTALL_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        pytest.skip(f"npm did not fetch {PACKAGE} within {_INSTALL_S} s")
    if ended.returncode != 0:
        pytest.skip(f"npm cannot fetch {PACKAGE}: {ended.stderr.strip()[-200:]}")


class Provider:
    """oidc-provider on loopback, with people by their subject: `provider.people["1"] = {...}`."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.issuer = f"http://127.0.0.1:{self.port}"
        self.secret_file = folder / "client-secret"
        self.secret_file.write_text(SECRET)
        self._folder = folder
        self._module = module()
        self._process: subprocess.Popen[bytes] | None = None

    def know(self, subject: str, **claims: Any) -> None:
        """Somebody with these claims, from now on."""
        path = self._folder / "people.json"
        people = json.loads(path.read_text()) if path.exists() else {}
        fresh = path.with_suffix(".new")
        fresh.write_text(json.dumps({**people, subject: claims}))
        fresh.replace(path)

    def start(self, pages: str, *, key_id: str = "first", id_token_lasts_s: int = 3600) -> None:
        """Answers when this returns. `pages`: Vigie's address."""
        made = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        key = RSAAlgorithm.to_jwk(made, as_dict=True)
        del key["key_ops"]  # it both signs and verifies: a token comes back as a hint at logout
        described = {
            "port": self.port,
            "pages": pages,
            "secret": SECRET,
            "people": str(self._folder / "people.json"),
            "key": {**key, "kid": key_id, "use": "sig"},
            "id_token_lasts_s": id_token_lasts_s,
        }
        settings = self._folder / "provider.json"
        settings.write_text(json.dumps(described))
        with (self._folder / "provider.log").open("ab") as log:
            self._process = subprocess.Popen(
                [str(NODE), str(_SCRIPT), str(self._module), str(settings)],
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        wait_until(lambda: is_open(self.port), f"the provider: {self.log()}")

    def stop(self) -> None:
        """Its sessions, grants and key are gone with it."""
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(15)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None

    def log(self) -> str:
        """What it said."""
        path = self._folder / "provider.log"
        return path.read_text(errors="replace")[-2000:] if path.exists() else ""


class Person:
    """A browser that follows what it is told, one step at a time where a test steps in."""

    def __init__(self, pages: str, subject: str) -> None:
        self.pages, self._subject = pages, subject
        self.browser = httpx.Client(timeout=30, follow_redirects=False)

    def close(self) -> None:
        """The browser is closed; nothing of it is left."""
        self.browser.close()

    def leave(self, next_page: str = "/") -> str:
        """Press the button: the address at the provider."""
        response = self.browser.get(f"{self.pages}/login/oidc", params={"next": next_page})
        assert response.status_code == 302, response.text
        return response.headers["Location"]

    def agree(self, address: str) -> str:
        """Log in and consent at the provider: the address back."""
        for _ in range(12):
            if address.startswith(self.pages):
                return address
            response = self.browser.get(address)
            if response.is_redirect:
                address = urljoin(address, response.headers["Location"])
                continue
            assert response.status_code == 200, response.text
            form = re.search(r'<form[^>]*action="([^"]+)"', response.text)
            prompt = re.search(r'name="prompt" value="(\w+)"', response.text)
            assert form is not None, response.text
            assert prompt is not None, response.text
            said = {"prompt": prompt[1], "login": self._subject, "password": "any"}
            posted = self.browser.post(urljoin(address, unescape(form[1])), data=said)
            assert posted.is_redirect, posted.text
            address = urljoin(address, posted.headers["Location"])
        raise AssertionError(f"no way back from the provider: {address}")

    def enter(self, next_page: str = "/") -> httpx.Response:
        """The whole way: what Vigie answers at its end."""
        return self.browser.get(self.agree(self.leave(next_page)))


def changed(address: str, **values: str) -> str:
    """The address with other values in its query."""
    parts = urlsplit(address)
    query = {name: found[0] for name, found in parse_qs(parts.query).items()} | values
    return urlunsplit(parts._replace(query=urlencode(query)))
