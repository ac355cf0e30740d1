"""`vigie init`, `vigie up` and `vigie web` as an operator meets them."""

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from tests.peer.region import Region, free_port, is_open, wait_until

PARTS = ("broker", "ingest", "worker", "web")


@pytest.fixture
def region(tmp_path: Path) -> Iterator[Region]:
    with Region(tmp_path) as made:
        yield made


@pytest.fixture
def up(region: Region) -> Region:
    region.start("up")
    wait_until(lambda: set(running(region)) == set(PARTS), "all parts of vigie up")
    region.wait_for_web()
    wait_until(lambda: is_open(region.broker_port), "broker of vigie up")
    return region


root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")


def running(region: Region) -> dict[str, psutil.Process]:
    """The parts that `vigie up` runs just now, by name."""
    found = {}
    for process in psutil.Process(region.pid("up")).children():
        try:
            words = process.cmdline() or [""]  # a zombie has none
        except psutil.NoSuchProcess:
            continue
        if "mosquitto" in words[0]:
            found["broker"] = process
        elif words[-1] in PARTS and "setpriv" not in words[0]:
            found[words[-1]] = process
    return found


def test_a_second_init_changes_nothing(region: Region) -> None:
    before = {path: path.read_bytes() for path in region.pki.iterdir() if path.stem != "crl"}
    assert region.vigie("init") == (
        f"nobody can log in yet: vigie user add NAME --role administrator\nready: {region.home}\n"
    )
    assert {path: path.read_bytes() for path in before} == before


def test_keys_and_secrets_are_their_owners_alone(region: Region) -> None:
    private = [*region.pki.glob("*.key"), region.home / "secret_key", region.home / "broker/acl"]
    assert len(private) == 7
    assert {path.stat().st_mode & 0o777 for path in private} == {0o600}
    assert region.home.stat().st_mode & 0o777 == 0o700


def test_the_first_administrator_is_made_once(region: Region) -> None:
    first = region.vigie("init", "--admin", "marie")
    assert "made administrator marie" in first
    assert "password (shown once): " in first
    assert region.vigie("init", "--admin", "marie") == f"ready: {region.home}\n"


def test_another_name_gives_the_doors_other_certificates(region: Region) -> None:
    toml = region.home / "vigie.toml"
    toml.write_text(toml.read_text().replace('["localhost"]', '["vigie.example.org"]'))
    said = region.vigie("init")
    assert "made certificate of the kiosks' door for vigie.example.org" in said
    assert "authority" not in said
    shown = subprocess.run(
        ["/usr/bin/openssl", "x509", "-noout", "-ext", "subjectAltName"],
        input=(region.pki / "broker.pem").read_text(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert "DNS:vigie.example.org" in shown.stdout


def test_more_ingest_processes_get_papers_and_rights(region: Region) -> None:
    assert "made certificate of vigie-ingest-2" in region.vigie("init", "--ingests", "2")
    assert "user vigie-ingest-2\n" in (region.home / "broker/acl").read_text()


def test_half_an_authority_is_not_made_whole_by_another(region: Region) -> None:
    (region.pki / "ca.key").unlink()
    said = region.vigie("init", code=2)
    assert said == (
        f"vigie: {region.pki} has only one of ca.pem and ca.key: restore the other from backup\n"
    )


@pytest.mark.parametrize("command", ["up", "web", "fleet", "worker"])
def test_before_init_each_command_says_so(tmp_path: Path, region: Region, command: str) -> None:
    bare = tmp_path / "bare"
    said = region.vigie("--home", str(bare), command, code=2)
    assert said == f"vigie: home {bare} is not initialised: run `vigie --home {bare} init`\n"


@root
@pytest.mark.parametrize("command", ["init", "up", "fleet"])
def test_only_the_homes_owner_may_work_in_it(region: Region, command: str) -> None:
    os.chown(region.home, 65534, 65534)
    said = region.vigie(command, code=2)
    assert said.startswith(f"vigie: home {region.home} belongs to user nobody: work as that user")


@pytest.mark.parametrize("command", ["init", "up", "web", "fleet"])
def test_a_wrong_value_names_file_line_and_remedy(region: Region, command: str) -> None:
    toml = region.home / "vigie.toml"
    toml.write_text(toml.read_text().replace("[broker]\nport = ", "[broker]\nport = -"))
    said = region.vigie(command, code=2)
    assert said.startswith(f"vigie: {toml}, line 8: broker.port is -")
    assert said.endswith("must be at least 1\n")


def test_a_database_that_is_not_there_is_said_in_one_line(region: Region) -> None:
    with (region.home / "vigie.toml").open("a") as toml:
        toml.write(f'[database]\nurl = "postgresql://vigie@127.0.0.1:{free_port()}/vigie"\n')
    said = region.vigie("init", code=1)
    assert said.startswith("vigie: database vigie cannot be asked: ")
    assert "Traceback" not in said


def test_web_waits_for_the_tables(region: Region) -> None:
    database = region.home / "vigie.sqlite3"
    database.rename(region.home / "away")
    region.start("web")
    wait_until(lambda: "waiting for `vigie init`" in region.log("web"), "word of waiting")
    assert not is_open(region.web_port)
    region.vigie("init")
    region.wait_for_web()


def test_up_starts_again_what_ends_and_leaves_the_rest(up: Region) -> None:
    before = running(up)
    before["ingest"].kill()
    wait_until(
        lambda: running(up).get("ingest", before["ingest"]).pid != before["ingest"].pid,
        "another ingest",
    )
    after = running(up)
    assert {name: after[name].pid for name in ("broker", "worker", "web")} == {
        name: before[name].pid for name in ("broker", "worker", "web")
    }
    assert "ingest | ended with SIGKILL; again in 1 s" in up.log("up")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_up_stops_all_and_leaves_nobody(up: Region, number: signal.Signals) -> None:
    children = list(running(up).values())
    os.kill(up.pid("up"), number)
    wait_until(lambda: not up.is_running("up"), "end of vigie up", 15)
    assert [child for child in children if child.is_running()] == []
    assert up.stop("up") == 0


def test_nothing_outlives_a_killed_up(up: Region) -> None:
    children = list(running(up).values())
    up.kill("up")
    _, alive = psutil.wait_procs(children, timeout=15)
    assert alive == []


def test_up_says_that_the_brokers_port_is_taken(region: Region) -> None:
    region.start_broker()
    said = region.vigie("up", code=2)
    assert said.startswith(f"vigie: broker.port is {region.broker_port}, which cannot be listened")


def test_web_says_which_port_is_taken(region: Region) -> None:
    region.start_web()
    said = region.vigie("web", code=1)
    assert f"127.0.0.1:{region.web_port} cannot be listened on" in said
    assert "Traceback" not in said


def test_web_stops_though_a_stream_is_open(region: Region) -> None:
    region.vigie("init", "--admin", "marie", "--password-file", password(region))
    region.start_web()
    with httpx.Client(base_url=region.pages, follow_redirects=True) as browser:
        log_in(browser)
        with browser.stream("GET", "/live") as stream:
            assert stream.headers["content-type"].startswith("text/event-stream")
            os.kill(region.pid("web"), signal.SIGTERM)
            wait_until(lambda: not region.is_running("web"), "end of vigie web", 8)
    assert region.stop("web") == 0


def test_web_serves_pages_and_their_style(region: Region) -> None:
    region.start_web()
    with httpx.Client(base_url=region.pages, follow_redirects=True) as browser:
        page = browser.get("/")
        assert page.status_code == 200
        style = browser.get("/static/vigie.css")
        again = browser.get(
            "/static/vigie.css", headers={"If-Modified-Since": style.headers["last-modified"]}
        )
    assert style.headers["content-type"].startswith("text/css")
    assert len(style.content) > 100
    assert again.status_code == 304


def test_the_crl_is_made_anew_when_it_is_a_day_old(region: Region) -> None:
    crl = region.pki / "crl.pem"
    day_ago = crl.stat().st_mtime - 25 * 3600
    os.utime(crl, (day_ago, day_ago))
    region.start_web()
    wait_until(lambda: crl.stat().st_mtime > day_ago, "a new CRL")


def password(region: Region) -> str:
    path = region.home / "password"
    path.write_text("correct horse battery\n")
    return str(path)


def log_in(browser: httpx.Client) -> None:
    page = browser.get("/")
    form = {
        "username": "marie",
        "password": "correct horse battery",
        "csrfmiddlewaretoken": browser.cookies["csrftoken"],
    }
    browser.post(page.url, data=form, headers={"Referer": str(page.url)})
    assert "sessionid" in browser.cookies
