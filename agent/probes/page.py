"""A page of the kiosk application: does it live, and is it painted?"""

from msgspec import Struct

from agent.heartbeat import Beat
from agent.probes.finding import Finding
from contract.health import Health

NO_HEARTBEAT, FROZEN, BLACK, HIDDEN = "no-heartbeat", "page-frozen", "black", "page-hidden"


class Page(Struct, frozen=True):
    """What was heard of it. Times are of one clock; before `since` nothing could be expected."""

    since: float
    beat: Beat | None = None
    painted_at: float = float("-inf")  # when its pictures were last seen to go on


def hear(page: Page, beat: Beat | None) -> Page:
    """The page after what it now said, if anything."""
    if beat is None:
        return page
    goes_on = page.beat is None or page.beat.frames != beat.frames
    return Page(page.since, beat, beat.at if goes_on else page.painted_at)


def expect(page: Page, since: float) -> Page:
    """The page of which nothing could be heard until now: its silence is counted anew."""
    return Page(max(since, page.since), page.beat, max(since, page.painted_at))


def judge(page: Page, now: float, silent_s: float, *, is_open: bool) -> Finding | None:
    """What is amiss when it says nothing, or paints nothing, for `silent_s` seconds.

    None while it is too early to say. Painting stops when the screen is switched off, as it may be
    outside of opening hours.
    """
    beat = page.beat
    if beat is None or beat.at < page.since:
        is_early = now - page.since < silent_s
        return None if is_early else Finding(Health.FAILED, (NO_HEARTBEAT,))
    if now - beat.at >= silent_s:
        return Finding(Health.FAILED, (FROZEN,))
    if not is_open:
        return Finding()
    if not beat.is_visible:
        return Finding(Health.DEGRADED, (HIDDEN,))
    if now - page.painted_at >= silent_s:
        return Finding(Health.FAILED, (BLACK,))
    return Finding()
