"""The kiosk application's page and starts, as time passes."""

import pytest
from msgspec.structs import replace

from agent.config import Config, Peripheral
from agent.errors import ConfigError
from agent.heartbeat import Beat, Heartbeat
from agent.probes import application, page
from agent.probes.application import Ears, Life, Settings
from agent.probes.page import Page
from agent.probes.processes import Process
from contract.health import Health

WANTED = Settings(process="kiosk", heartbeat_port=1, silent_s=30)
RUNS = Process(7, 1, "kiosk", 100.0)


def heard(*beats: Beat) -> Page:
    one = Page(100.0)
    for beat in beats:
        one = page.hear(one, beat)
    return one


def judged(one: Page, now: float, is_open: bool = True) -> tuple[str, ...] | None:
    finding = page.judge(one, now, 30.0, is_open=is_open)
    return finding.reasons if finding is not None else None


def test_a_page_that_lives_and_is_painted_is_fine() -> None:
    assert judged(heard(Beat(110, 1, True), Beat(140, 2, True)), 145) == ()


def test_a_page_that_has_just_begun_is_not_judged() -> None:
    assert judged(heard(), 129) is None
    assert judged(heard(), 130) == ("no-heartbeat",)


def test_a_page_that_says_nothing_any_more_is_frozen() -> None:
    assert judged(heard(Beat(110, 1, True)), 140) == ("page-frozen",)


def test_a_page_whose_pictures_stand_still_is_black_in_opening_hours_only() -> None:
    still = heard(Beat(110, 5, True), Beat(120, 5, True), Beat(140, 5, True))
    assert judged(still, 141) == ("black",)
    assert judged(still, 141, is_open=False) == ()


def test_a_page_behind_another_window_needs_a_hand_and_is_not_black() -> None:
    assert judged(heard(Beat(110, 5, True), Beat(150, 5, False)), 151) == ("page-hidden",)


def test_a_page_loaded_anew_counts_from_nothing_and_goes_on() -> None:
    assert judged(heard(Beat(110, 900, True), Beat(145, 0, True)), 146) == ()


def test_after_a_session_what_was_known_holds_until_the_page_could_speak() -> None:
    before = heard(Beat(110, 1, True))
    after = page.expect(before, 500.0)
    assert judged(after, 520) is None
    assert judged(after, 530) == ("no-heartbeat",)
    assert judged(page.hear(after, Beat(515, 2, True)), 520) == ()


def test_in_a_session_another_page_may_be_shown() -> None:
    ears = Ears(lambda _port: Heartbeat(0))
    spoken = heard(Beat(110, 1, True))
    life = Life(RUNS, (100.0,), spoken, page.judge(spoken, 111, 30.0, is_open=True))

    def health(at: float, is_deaf: bool) -> Health:
        nonlocal life
        life = application.listen(life, WANTED, ears, at, is_deaf=is_deaf, is_open=True)
        return application.judge("app", life, WANTED, at).health

    assert health(400, is_deaf=True) is Health.OK
    assert health(429, is_deaf=False) is Health.OK
    assert health(431, is_deaf=False) is Health.FAILED
    ears.close()


@pytest.mark.parametrize(
    ("starts", "now", "is_looping"),
    [
        ((10.0, 20.0, 30.0), 31.0, True),
        ((10.0, 20.0, 30.0), 131.0, False),  # it has stayed up since
        ((10.0, 20.0), 21.0, False),
    ],
)
def test_a_loop_is_many_starts_and_no_rest(
    starts: tuple[float, ...], now: float, is_looping: bool
) -> None:
    assert application.is_looping(starts, Settings(), now) is is_looping


def declared(config: Config, **apps: dict[str, str | int]) -> Config:
    items = tuple(Peripheral(name, "application", settings=said) for name, said in apps.items())
    return replace(config, peripherals=items)


@pytest.mark.parametrize(
    ("apps", "complaint"),
    [
        ({"a": {}}, "must name its process"),
        ({"a": {"command": "("}}, "must be a regular expression"),
        ({"a": {"process": "x", "heartbeat_port": 70000}}, "heartbeat_port"),
        (
            {
                "a": {"process": "x", "heartbeat_port": 8731},
                "b": {"process": "y", "heartbeat_port": 8731},
            },
            "must be another than that of 'a'",
        ),
    ],
)
def test_a_declaration_that_cannot_be_is_refused(
    apps: dict[str, dict[str, str | int]], complaint: str
) -> None:
    with pytest.raises(ConfigError, match=complaint):
        application.probe(declared(Config.unenrolled(), **apps))
