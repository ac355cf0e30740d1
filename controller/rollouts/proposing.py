"""A rollout proposed, and what it would be: which kiosk in which wave, who is left out and why."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from controller.accounts.services import record
from controller.configuration.models import Revision
from controller.errors import NotFound, NotPermitted, Refused
from controller.fleet.models import Kiosk, Lifecycle
from controller.rollouts.models import Installed, Release, Rollout, RolloutEvent, Target, Wave
from controller.rollouts.stages import Kind, OnFailure, Stage, Why, because
from controller.rollouts.waves import WaveWish, resolve
from controller.salt.models import MinionKey
from controller.text import printable

MAX_KIOSKS = 5000
MIN_LIFE, MAX_LIFE = timedelta(minutes=5), timedelta(days=90)
MIN_KIOSK_LIMIT_S, MAX_KIOSK_LIMIT_S = 60, 6 * 3600

#: Stages in which a rollout keeps its kiosks from any other.
ALIVE = (Stage.RUNNING, Stage.PAUSED, Stage.STOPPED, Stage.REVERTING)


@dataclass(frozen=True, slots=True)
class Preview:
    """What a proposal would be now."""

    waves: tuple[tuple[WaveWish, tuple[str, ...]], ...]
    left_out: Mapping[str, str]  # kiosk -> why, as `stages.because`


def preview(
    *, kind: Kind, release: str | None, revision: int | None,
    kiosks: Collection[str], waves: Sequence[WaveWish],
) -> Preview:  # fmt: skip
    """The dry run: changes nothing. Raises what `propose` would, but for rights."""
    _what(kind, release, revision)
    return _placed(kind, kiosks, waves)


@transaction.atomic
def propose(
    *, title: str, kind: Kind, release: str | None, revision: int | None,
    kiosks: Collection[str], waves: Sequence[WaveWish], on_failure: OnFailure, user: User | None,
    kiosk_limit_s: int = 1800, life: timedelta = timedelta(days=7), why: str = "",
    actor: str = "", address: str = "",
) -> Rollout:  # fmt: skip
    """Lay down a rollout; it does nothing before it is approved.

    `release` is a name, `revision` a number; a rollout of a release may bring a revision along, one
    of a configuration brings a revision alone. `kiosks` are all that are meant; those that cannot
    take part are left out, as `preview` says. `life` counts from the approval; a
    proposal that nobody approved for so long is over. Raises NotFound,
    NotPermitted, and Refused naming what is out of bounds.
    """
    require(user, "rollouts.propose")
    chosen, as_of = _what(kind, release, revision)
    _check(kiosk_limit_s, life)
    placed = _placed(kind, kiosks, waves)
    now = timezone.now()
    rollout = Rollout.objects.create(
        title=printable(title)[:150], kind=kind, release=chosen, revision=as_of,
        on_failure=on_failure, kiosk_limit_s=kiosk_limit_s, created_at=now,
        life_s=int(life.total_seconds()), expires_at=now + life, why=printable(why), by=user,
        actor=actor or (user.get_username() if user else "system"), address=address,
    )  # fmt: skip
    for position, (wish, names) in enumerate(placed.waves):
        _lay(rollout, position, wish, names)
    told(rollout, "proposed", actor=rollout.actor, reason=rollout.why)
    record(
        action="rollout.propose", subject=str(rollout.pk), user=user, actor=actor, why=why,
        address=address,
        details={
            "title": rollout.title, "kind": str(kind), "release": release, "revision": revision,
            "waves": {wish.name: list(names) for wish, names in placed.waves},
            "left_out": dict(placed.left_out), "on_failure": str(on_failure),
        },
    )  # fmt: skip
    return rollout


def require(user: User | None, permission: str) -> None:
    """Raises NotPermitted unless the user, or whoever runs the command line, has this right."""
    if user is not None and not user.has_perm(permission):
        what = _("propose rollouts") if permission.endswith("propose") else _("approve rollouts")
        raise NotPermitted(
            _("%(user)s may not %(what)s: ask an administrator")
            % {"user": user.get_username(), "what": what}
        )


def told(
    rollout: Rollout, what: str, *, subject: str = "", reason: str = "", actor: str = ""
) -> None:
    """Add to what the page tells of a rollout's past."""
    RolloutEvent.objects.create(
        rollout=rollout, at=timezone.now(), what=what, subject=subject, reason=reason[:500],
        actor=actor[:150],
    )  # fmt: skip


def elsewhere(kiosks: Collection[str], but: Rollout | None = None) -> dict[str, str]:
    """Of these kiosks, those that another rollout which is not over has: kiosk -> its id."""
    found = Target.objects.filter(kiosk__in=kiosks, rollout__stage__in=ALIVE)
    if but is not None:
        found = found.exclude(rollout=but)
    return {kiosk: str(rollout) for kiosk, rollout in found.values_list("kiosk_id", "rollout_id")}


def _what(
    kind: Kind, release: str | None, revision: int | None
) -> tuple[Release | None, Revision | None]:
    if (kind is Kind.RELEASE) != (release is not None):
        raise Refused(f"a rollout of a {kind} has release {release!r}: only that of a release does")
    if kind is Kind.CONFIGURATION and revision is None:
        raise Refused("a rollout of a configuration has no revision: say as of which")
    chosen = Release.objects.filter(pk=release).first() if release is not None else None
    if release is not None and chosen is None:
        raise NotFound(f"no release {release[:64]!r}: `vigie releases` lists them")
    if chosen is not None and chosen.withdrawn_at is not None:
        raise Refused(
            f"release {release} was withdrawn: {chosen.why_withdrawn or 'no longer used'}"
        )
    as_of = Revision.objects.filter(pk=revision).first() if revision is not None else None
    if revision is not None and as_of is None:
        raise NotFound(f"no revision {revision} of the configuration")
    return chosen, as_of


def _placed(kind: Kind, kiosks: Collection[str], waves: Sequence[WaveWish]) -> Preview:
    meant = list(dict.fromkeys([*kiosks, *(one for wave in waves for one in wave.kiosks)]))
    if not 1 <= len(meant) <= MAX_KIOSKS:
        raise Refused(f"a rollout has {len(meant)} kiosks, must have from 1 to {MAX_KIOSKS}")
    rows = Kiosk.objects.filter(pk__in=meant).values_list("pk", "lifecycle", "site__code")
    known = {pk: (lifecycle, site) for pk, lifecycle, site in rows}
    if strange := [one for one in meant if one not in known]:
        raise NotFound(f"no kiosk {strange[0][:63]!r}: `vigie fleet` lists them")
    left_out = _left_out(kind, {kiosk: lifecycle for kiosk, (lifecycle, _site) in known.items()})
    sites = {kiosk: known[kiosk][1] for kiosk in meant if kiosk not in left_out}
    if not sites:
        raise Refused(
            f"none of the {len(meant)} kiosks can take part: {next(iter(left_out.values()))}"
        )
    return Preview(resolve(waves, sites), left_out)


def _left_out(kind: Kind, lifecycles: Mapping[str, str]) -> dict[str, str]:
    """Who cannot take part whatever comes; who is offline or in session only waits."""
    keyed = set(
        MinionKey.objects.filter(kiosk__in=lifecycles, ended_at=None).values_list(
            "kiosk_id", flat=True
        )
    )
    released = set(
        Installed.objects.filter(kiosk__in=lifecycles).values_list("kiosk_id", flat=True)
    )
    taken = elsewhere(lifecycles)
    found = {}
    for kiosk, lifecycle in lifecycles.items():
        if lifecycle in (Lifecycle.RETIRED, Lifecycle.PLANNED):
            found[kiosk] = because(Why.NOT_ACTIVE, lifecycle)
        elif kiosk not in keyed:
            found[kiosk] = because(Why.NO_MINION_KEY)
        elif kiosk in taken:
            found[kiosk] = because(Why.OTHER_ROLLOUT, taken[kiosk])
        elif kind is Kind.CONFIGURATION and kiosk not in released:
            found[kiosk] = because(Why.NO_RELEASE)
    return found


def _check(kiosk_limit_s: int, life: timedelta) -> None:
    if not MIN_KIOSK_LIMIT_S <= kiosk_limit_s <= MAX_KIOSK_LIMIT_S:
        raise Refused(
            f"kiosk_limit_s is {kiosk_limit_s}, must be from {MIN_KIOSK_LIMIT_S} to"
            f" {MAX_KIOSK_LIMIT_S}"
        )
    if not MIN_LIFE <= life <= MAX_LIFE:
        raise Refused(f"life is {life}, must be from 5 minutes to {MAX_LIFE.days} days")


def _lay(rollout: Rollout, position: int, wish: WaveWish, kiosks: Sequence[str]) -> None:
    wave = Wave.objects.create(
        rollout=rollout, position=position, name=printable(wish.name), at_a_time=wish.at_a_time,
        soak_s=wish.soak_s, stop_after_failures=min(wish.stop_after_failures, len(kiosks)),
        keeps_window=wish.keeps_window, waits_for_approval=wish.waits_for_approval,
    )  # fmt: skip
    Target.objects.bulk_create(
        Target(rollout=rollout, wave=wave, kiosk_id=kiosk, since=rollout.created_at)
        for kiosk in kiosks
    )
