"""A real Prometheus reads a real controller, and its own tool finds nothing to say of the text."""

import json
import re
import subprocess
from pathlib import Path

import httpx
import pytest

from tests.peer.controller.metrics.prometheus import PROMETHEUS, PROMTOOL, RULES, Prometheus
from tests.peer.region import Region, wait_until

pytestmark = pytest.mark.skipif(
    not (PROMETHEUS.exists() and PROMTOOL.exists()), reason="prometheus is not installed"
)
_NAME = re.compile(r"\bvigie_[a-z_]+\b")


def text(region: Region, token: Path) -> str:
    answer = httpx.get(
        f"{region.pages}/metrics", headers={"Authorization": f"Bearer {token.read_text()}"}
    )
    assert answer.status_code == 200
    return answer.text


def test_promtool_has_nothing_to_say_of_the_metrics(region: Region, token: Path) -> None:
    done = subprocess.run(
        [str(PROMTOOL), "check", "metrics"],
        input=text(region, token),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_real_prometheus_scrapes_it(region: Region, token: Path, tmp_path: Path) -> None:
    with Prometheus(tmp_path / "prometheus", region.web_port, token) as prometheus:
        wait_until(lambda: list(prometheus.ask("up").values()) == [1.0], "a scrape")
        assert [target["lastError"] for target in prometheus.targets()] == [""]
        online = prometheus.ask("sum by (kiosk) (vigie_kiosk_online)")
        assert online == {
            (("kiosk", "pvp-63003-1"),): 1.0,
            (("kiosk", "pvp-63003-2"),): 0.0,
        }
        rtt = prometheus.ask("sum by (kiosk) (vigie_device_rtt_seconds)")
        assert rtt == {(("kiosk", "pvp-63003-1"),): 0.038}


def test_a_wrong_token_is_a_failed_scrape(region: Region, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong"
    wrong.write_text("vigie_wrong")
    with Prometheus(tmp_path / "prometheus", region.web_port, wrong) as prometheus:
        wait_until(lambda: list(prometheus.ask("up").values()) == [0.0], "a refused scrape")
        assert "401" in prometheus.targets()[0]["lastError"]


def test_the_rules_are_sound_and_do_what_their_tests_say() -> None:
    for what in (["check", "rules", str(RULES)], ["test", "rules", str(_tests_of(RULES))]):
        done = subprocess.run(
            [str(PROMTOOL), *what], capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr


def _tests_of(rules: Path) -> Path:
    return rules.with_name("vigie.rules.test.yml")


def test_rules_and_dashboard_ask_only_for_what_is_told(region: Region, token: Path) -> None:
    told = set(_NAME.findall(text(region, token)))
    dashboard = RULES.with_name("dashboard.json").read_text()
    expressions = [
        target["expr"]
        for panel in json.loads(dashboard)["panels"]
        for target in panel.get("targets", ())
    ]
    asked = set(_NAME.findall(RULES.read_text())) | set(_NAME.findall(" ".join(expressions)))
    # Of a young controller there is no channel, and none of these devices.
    assert asked - told <= {"vigie_channel_up", "vigie_device_temperature_celsius"}
    assert {"vigie_kiosks", "vigie_kiosk_standing", "vigie_device_health"} <= asked & told
