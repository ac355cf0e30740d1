"""Open pages are woken by what was touched, miss nothing, and are let go."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from datetime import UTC, datetime, timedelta

import pytest
from django.db import OperationalError

from controller.web import live
from controller.web.live import Live, moment

START = datetime(2026, 11, 24, 11, 0, tzinfo=UTC)
PATIENCE_S = 5.0


class Table:
    """What was touched when, as the database would say it."""

    def __init__(self) -> None:
        self.rows = {"pvp-1": START, "pvp-2": START}
        self.is_gone = False

    def touch(self, kiosk: str, seconds: float) -> None:
        self.rows[kiosk] = START + timedelta(seconds=seconds)

    def __call__(self, since: datetime | None) -> dict[str, datetime]:
        if self.is_gone:
            raise OperationalError("gone")
        return {kiosk: at for kiosk, at in self.rows.items() if since is None or at > since}


@pytest.fixture
def table() -> Table:
    return Table()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same steps, shorter."""
    monkeypatch.setattr(live, "POLL_S", 0.01)
    monkeypatch.setattr(live, "FLEET_GAP_S", 0.05)
    monkeypatch.setattr(live, "KIOSK_GAP_S", 0.01)


def run(story: Callable[[], Coroutine[None, None, None]]) -> None:
    asyncio.run(asyncio.wait_for(story(), PATIENCE_S))


async def opened(stream: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The stream past its first line, which sets how soon a browser comes back."""
    assert (await anext(stream)).startswith(b"retry:")
    return stream


async def expect_quiet(next_event: Awaitable[bytes], for_s: float = 0.2) -> asyncio.Future[bytes]:
    """The event still to come; fails if there is one already."""
    waiting = asyncio.ensure_future(next_event)
    await asyncio.sleep(for_s)
    assert not waiting.done(), waiting.result()
    return waiting


def test_a_page_that_knows_all_is_left_in_peace_until_something_changes(table: Table) -> None:
    async def story() -> None:
        page = await opened(Live(table).stream("", START + timedelta(seconds=2)))
        waiting = await expect_quiet(anext(page))
        table.touch("pvp-1", 5)
        event = await waiting
        assert event.startswith(b"event: changed\n")
        assert f"id: {(START + timedelta(seconds=5)).timestamp():.6f}".encode() in event

    run(story)


def test_what_changed_between_the_page_and_its_stream_is_told_at_once(table: Table) -> None:
    async def story() -> None:
        table.touch("pvp-1", 30)
        page = await opened(Live(table).stream("", START + timedelta(seconds=10)))
        assert (await anext(page)).startswith(b"event: changed\n")

    run(story)


def test_a_kiosks_page_hears_of_that_kiosk_alone(table: Table) -> None:
    async def story() -> None:
        page = await opened(Live(table).stream("pvp-2", START + timedelta(seconds=2)))
        first = asyncio.ensure_future(anext(page))
        table.touch("pvp-1", 5)
        waiting = await expect_quiet(first)
        table.touch("pvp-2", 6)
        assert b"data: pvp-2\n" in await waiting

    run(story)


def test_a_change_committed_late_is_still_seen(table: Table) -> None:
    async def story() -> None:
        page = await opened(Live(table).stream("pvp-2", START + timedelta(seconds=2)))
        first = asyncio.ensure_future(anext(page))
        table.touch("pvp-1", 60)
        waiting = await expect_quiet(first)
        table.touch("pvp-2", 55)  # begun before the other, committed after it
        assert b"data: pvp-2\n" in await waiting

    run(story)


def test_many_changes_are_few_events_and_the_last_is_never_lost(table: Table) -> None:
    async def story() -> None:
        page = await opened(Live(table).stream("", START + timedelta(seconds=2)))
        events: list[bytes] = []
        for second in range(5, 25):
            table.touch("pvp-1", second)
            await asyncio.sleep(0.012)
        last = f"{(START + timedelta(seconds=24)).timestamp():.6f}".encode()
        while not events or last not in events[-1]:
            events.append(await anext(page))
        assert len(events) < 15

    run(story)


def test_a_quiet_page_hears_a_beat(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "BEAT_S", 0.02)

    async def story() -> None:
        page = await opened(Live(table).stream("", START + timedelta(seconds=2)))
        assert (await anext(page)).startswith(b"event: beat\n")

    run(story)


def test_stopping_ends_every_stream(table: Table) -> None:
    async def story() -> None:
        pages = Live(table)
        one = await opened(pages.stream("", START + timedelta(seconds=2)))
        waiting = await expect_quiet(anext(one))
        pages.stop()
        with pytest.raises(StopAsyncIteration):
            await waiting
        assert pages.page_count == 0

    run(story)


def test_a_closed_page_is_forgotten_and_the_next_one_is_served(table: Table) -> None:
    async def story() -> None:
        pages = Live(table)
        gone = pages.stream("", START + timedelta(seconds=2))
        await opened(gone)
        await gone.aclose()  # type: ignore[attr-defined] # a generator, as the server closes it
        assert pages.page_count == 0
        await asyncio.sleep(0.1)
        table.touch("pvp-1", 7)
        page = await opened(pages.stream("", START + timedelta(seconds=2)))
        assert (await anext(page)).startswith(b"event: changed\n")

    run(story)


def test_a_database_that_goes_and_comes_back_costs_no_change(
    table: Table, caplog: pytest.LogCaptureFixture
) -> None:
    async def story() -> None:
        page = await opened(Live(table).stream("", START + timedelta(seconds=2)))
        waiting = await expect_quiet(anext(page), for_s=0.1)
        table.is_gone = True
        await asyncio.sleep(0.2)
        table.touch("pvp-1", 9)
        table.is_gone = False
        assert (await waiting).startswith(b"event: changed\n")

    run(story)
    said = [record.message for record in caplog.records if "cannot follow" in record.message]
    assert len(said) == 1


@pytest.mark.parametrize("text", ["", "yesterday", "nan", "inf", "1e99", "-1e99"])
def test_a_cursor_that_is_none_means_that_all_is_news(text: str) -> None:
    assert moment(text) is None
