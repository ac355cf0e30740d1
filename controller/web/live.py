"""Open pages follow the fleet: one task reads what was touched, and wakes those it concerns.

A page says up to where it knows (`since`, or the browser's own `Last-Event-ID` when it comes back),
so nothing is missed between its making and its stream, nor while the line was cut. Events carry no
state, only "fetch again": a slow page gets one event for many changes, and nothing ever piles up.

`changed`  data: the kiosk's id, or empty for the fleet; id: the cursor to come back with
`beat`     every 15 s, so that a page can tell a quiet fleet from a dead line
"""

import asyncio
import contextvars
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from django.db import Error, connection

log = logging.getLogger(__name__)

#: Which kiosks were touched after a moment, and when. None: ever.
Touched = Callable[[datetime | None], dict[str, datetime]]

POLL_S = 0.25
BEAT_S = 15.0
#: One page is woken at most so often.
FLEET_GAP_S = 1.0
KIOSK_GAP_S = 0.3
#: A stream ends after this, and the browser opens the next: whoever was logged out is so here too.
LIFE_S = 600.0
#: A change is committed later than the moment it carries: so far back it is looked for again.
OVERLAP = timedelta(seconds=10)


@dataclass(eq=False)
class _Page:
    """An open page: what it waits for, and whether there is news."""

    kiosk: str  # empty: any
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def concerns(self, kiosks: dict[str, datetime]) -> bool:
        return bool(kiosks) if not self.kiosk else self.kiosk in kiosks


class Live:
    """The open pages of one web process, and the one task that reads for them all."""

    def __init__(self, touched: Touched) -> None:
        self._touched = touched
        # A connection belongs to its thread, so the poller keeps one thread, and so one connection.
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="live")
        self._pages: set[_Page] = set()
        self._poller: asyncio.Task[None] | None = None
        self._cursor: datetime | None = None
        self._is_following = asyncio.Event()
        self._stopping = asyncio.Event()

    async def stream(self, kiosk: str, since: datetime | None) -> AsyncIterator[bytes]:
        """Events for one page, until it goes, the server stops or ten minutes are over.

        `kiosk` is the only one it shows, or empty; `since` what it knows already.
        """
        gap_s = KIOSK_GAP_S if kiosk else FLEET_GAP_S
        loop = asyncio.get_running_loop()
        end = loop.time() + LIFE_S
        with self._open(kiosk) as page:
            yield b"retry: 1000\n\n"
            # Only then is whatever this read does not see yet sure to be seen by the poller.
            await self._is_following.wait()
            missed = await self._read(since - timedelta(seconds=2) if since else None)
            if page.concerns(missed):
                page.news.set()
            while loop.time() < end:
                has_news = await _happens(page.news, BEAT_S)
                if self._stopping.is_set():
                    return
                page.news.clear()
                yield self._changed(kiosk) if has_news else b"event: beat\ndata:\n\n"
                if has_news and await _happens(self._stopping, gap_s):
                    return

    def stop(self) -> None:
        """End every stream: the server is about to stop. Call it in the server's own loop."""
        self._stopping.set()
        for page in self._pages:
            page.news.set()

    @property
    def page_count(self) -> int:
        """How many streams are open."""
        return len(self._pages)

    @contextmanager
    def _open(self, kiosk: str) -> Iterator[_Page]:
        page = _Page(kiosk)
        self._pages.add(page)
        if self._poller is None or self._poller.done():
            self._is_following = asyncio.Event()
            # Not in the context of the request that happens to come first: it outlives it.
            self._poller = asyncio.get_running_loop().create_task(
                self._poll(), context=contextvars.Context()
            )
        try:
            yield page
        finally:
            self._pages.discard(page)

    async def _poll(self) -> None:
        """Wake the pages that what was touched concerns, as long as there is any."""
        seen: dict[str, datetime] = {}
        is_broken = False
        while self._pages and not self._stopping.is_set():
            try:
                now = await self._read(self._cursor - OVERLAP if self._cursor else None)
            except Error as err:
                if not is_broken:
                    log.warning("open pages cannot follow the fleet: %s", err)
                is_broken = True
                await asyncio.sleep(POLL_S * 4)
                continue
            if is_broken:
                log.info("open pages follow the fleet again")
            is_broken = False
            fresh = {kiosk: at for kiosk, at in now.items() if seen.get(kiosk) != at}
            seen = now
            self._cursor = max((*now.values(), *filter(None, [self._cursor])), default=None)
            if self._is_following.is_set():
                self._wake(fresh)
            self._is_following.set()
            await asyncio.sleep(POLL_S)

    def _wake(self, fresh: dict[str, datetime]) -> None:
        for page in self._pages:
            if page.concerns(fresh):
                page.news.set()

    async def _read(self, since: datetime | None) -> dict[str, datetime]:
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._query, since)

    def _query(self, since: datetime | None) -> dict[str, datetime]:
        try:
            return self._touched(since)
        except Error:
            connection.close()  # a lost server: the next read connects anew
            raise

    def _changed(self, kiosk: str) -> bytes:
        cursor = (self._cursor or datetime.now(UTC)).timestamp()
        return f"event: changed\nid: {cursor:.6f}\ndata: {kiosk}\n\n".encode()


async def _happens(event: asyncio.Event, within_s: float) -> bool:
    try:
        await asyncio.wait_for(event.wait(), within_s)
    except TimeoutError:
        return False
    return True


def moment(text: str) -> datetime | None:
    """A cursor as a page sends it. None when it is not one: then all is news to the page.

    >>> moment("0.5")
    datetime.datetime(1970, 1, 1, 0, 0, 0, 500000, tzinfo=datetime.timezone.utc)
    >>> moment("yesterday") is None
    True
    """
    try:
        return datetime.fromtimestamp(float(text), UTC)
    except (ValueError, OverflowError, OSError):
        return None
