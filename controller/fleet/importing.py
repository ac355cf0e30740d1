"""The import of services, sites and kiosks: all of it or nothing, said beforehand when asked."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.contrib.auth.models import User
from django.db import models, transaction
from django.utils import timezone

from controller.accounts.services import record
from controller.fleet.lists import Values, listed
from controller.fleet.models import Kiosk, Service, Site
from controller.fleet.services import touch
from controller.fleet.tables import Problem, Table


@dataclass(frozen=True, slots=True)
class Effect:
    """What an import does, or would do, to one kind of thing: their codes or ids."""

    new: tuple[str, ...] = ()
    changed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # and what of it changes
    same: int = 0

    def line(self, name: str) -> str:
        """In one line."""
        changed = len(self.changed)
        return f"{name}: {len(self.new)} new, {changed} changed, {self.same} as they are"


@dataclass(frozen=True, slots=True)
class Report:
    """What came of an import; with `problems`, nothing was done."""

    problems: tuple[Problem, ...] = ()
    services: Effect = Effect()
    sites: Effect = Effect()
    kiosks: Effect = Effect()

    def lines(self) -> list[str]:
        """For the person who imports; each change by name."""
        if self.problems:
            return []
        told = []
        for name in ("services", "sites", "kiosks"):
            effect: Effect = getattr(self, name)
            told.append(effect.line(name))
            told += [f"  {key}: {', '.join(what)}" for key, what in effect.changed.items()]
        return told


@transaction.atomic
def bring(
    *,
    kiosks: Table,
    services: Table | None = None,
    user: User | None = None,
    actor: str = "",
    is_dry_run: bool = False,
) -> Report:
    """Import tables. What they do not list stays as it is; so does what they have no column for."""
    known = frozenset(Service.objects.values_list("code", flat=True))
    found = listed(kiosks, services, known)
    if found.problems:
        return Report(problems=tuple(found.problems))
    did_services = _compare(found.services, _stored(Service, found.services))
    did_sites = _compare(found.sites, _stored(Site, found.sites))
    did_kiosks = _compare(found.kiosks, _stored_kiosks(found.kiosks))
    report = Report((), did_services, did_sites, did_kiosks)
    if not is_dry_run:
        _write(Service, "code", found.services, did_services)
        _write(Site, "code", found.sites, did_sites)
        _write_kiosks(found.kiosks, did_kiosks)
        touch(_touched(found.kiosks, did_sites, did_kiosks), timezone.now())
        record(
            action="fleet.import",
            subject=kiosks.file,
            user=user,
            actor=actor,
            details={
                "new_kiosks": len(did_kiosks.new),
                "changed_kiosks": len(did_kiosks.changed),
                "new_sites": len(did_sites.new),
                "changed_sites": len(did_sites.changed),
            },
        )
    return report


def _stored(model: type[Service] | type[Site], listed: Mapping[str, Values]) -> dict[str, Values]:
    """The listed things that exist, with all their fields, by code."""
    rows = model._default_manager.filter(code__in=listed).values()
    return {row["code"]: dict(row) for row in rows}


def _stored_kiosks(listed: Mapping[str, Values]) -> dict[str, Values]:
    rows = Kiosk.objects.filter(pk__in=listed).select_related("site").prefetch_related("services")
    return {
        row.pk: {
            "kind": row.kind,
            "lifecycle": row.lifecycle,
            "label": row.label,
            "site": row.site.code,
            "services": frozenset(service.code for service in row.services.all()),
        }
        for row in rows
    }


def _compare(listed: Mapping[str, Values], stored: Mapping[str, Values]) -> Effect:
    changed = {
        key: tuple(name for name, value in values.items() if value != stored[key][name])
        for key, values in listed.items()
        if key in stored
    }
    differing = {key: names for key, names in changed.items() if names}
    new = tuple(key for key in listed if key not in stored)
    return Effect(new, differing, len(changed) - len(differing))


def _write(
    model: type[models.Model], key: str, listed: Mapping[str, Values], effect: Effect
) -> None:
    """Create what is new, update what changed."""
    rows = model._default_manager
    rows.bulk_create([model(**{key: code}, **listed[code]) for code in effect.new], batch_size=500)
    if not effect.changed:
        return
    found = list(rows.filter(**{f"{key}__in": list(effect.changed)}))
    fields = {name for names in effect.changed.values() for name in names}
    for row in found:
        for name in effect.changed[getattr(row, key)]:
            setattr(row, name, listed[getattr(row, key)][name])
    rows.bulk_update(found, sorted(fields), batch_size=200)


def _write_kiosks(listed: Mapping[str, Values], effect: Effect) -> None:
    sites = dict(Site.objects.values_list("code", "pk"))
    rows: dict[str, Values] = {}
    for name, values in listed.items():
        rest = {key: value for key, value in values.items() if key not in ("site", "services")}
        rows[name] = {**rest, "site_id": sites[values["site"]]}
    changed = {
        name: tuple("site_id" if it == "site" else it for it in names if it != "services")
        for name, names in effect.changed.items()
    }
    _write(Kiosk, "id", rows, Effect(effect.new, {k: v for k, v in changed.items() if v}))
    _link_services(listed, effect)


def _link_services(listed: Mapping[str, Values], effect: Effect) -> None:
    """Make the services of new kiosks, and of those whose services changed, the listed ones."""
    changed = [name for name, names in effect.changed.items() if "services" in names]
    codes = dict(Service.objects.values_list("code", "pk"))
    link = Kiosk.services.through
    link._default_manager.filter(kiosk_id__in=changed).delete()
    link._default_manager.bulk_create(
        [
            link(kiosk_id=name, service_id=codes[code])
            for name in (*effect.new, *changed)
            for code in sorted(listed[name].get("services", ()))
        ],
        batch_size=500,
    )


def _touched(listed: Mapping[str, Values], sites: Effect, kiosks: Effect) -> set[str]:
    """Kiosks that a page shows otherwise now."""
    moved = {name for name, values in listed.items() if values["site"] in sites.changed}
    return moved | set(kiosks.changed)
