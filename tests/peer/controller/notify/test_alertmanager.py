"""Alerts as Prometheus's own Alertmanager holds them."""

from datetime import UTC, datetime

from controller.notify.letters import Way
from controller.notify.senders import alertmanager as sender
from tests.peer.controller.notify.alertmanager import Alertmanager
from tests.peer.controller.notify.conftest import PAGES, letter, subject
from tests.peer.region import wait_until


def way(server: Alertmanager) -> Way:
    return Way("am", sender.check({"url": server.url}, has_secret=False), "")


def test_an_alert_is_held_until_it_is_over(alertmanager: Alertmanager) -> None:
    sender.send(way(alertmanager), letter("fired", "", subject(7)))
    wait_until(lambda: len(alertmanager.alerts()) == 1, "the alert")
    (held,) = alertmanager.alerts()
    assert held["labels"]["alertname"] == "printer-failed"
    assert held["labels"]["vigie_alert"] == "7"
    assert held["annotations"]["summary"] == "Imprimante en panne"
    assert held["generatorURL"] == f"{PAGES}/7"
    sender.send(way(alertmanager), letter("resolved", "", subject(7, datetime.now(UTC))))
    wait_until(lambda: alertmanager.alerts() == [], "its end")


def test_telling_it_again_prolongs_the_same_alert(alertmanager: Alertmanager) -> None:
    one = letter("fired", "", subject(7))
    sender.send(way(alertmanager), one)
    wait_until(lambda: len(alertmanager.alerts()) == 1, "the alert")
    before = alertmanager.alerts()[0]["endsAt"]
    sender.send(way(alertmanager), letter("again", "", *one.subjects))
    wait_until(lambda: alertmanager.alerts()[0]["endsAt"] > before, "a later end")
    assert len(alertmanager.alerts()) == 1
