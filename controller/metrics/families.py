"""What a scrape is told: families of samples made from one reading of the database.

Of a kiosk that is not connected nothing but that is told: an old number would pass for a new one.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum

from django.db.models import Count, Q, Sum
from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    InfoMetricFamily,
    Metric,
)

from contract import RELEASE
from controller.alerts.models import Alert
from controller.commands.models import Command
from controller.commands.services import OPEN
from controller.fleet.listing import Row, Wanted, kiosks, rows
from controller.fleet.models import Device
from controller.fleet.standing import Standing
from controller.ingest.models import Tally
from controller.ingest.selectors import losses
from controller.metrics.units import base
from controller.notify.models import Channel, Notification

_PLACE = ("kiosk", "kind", "site", "department")
_DEVICE = ("kiosk", "device", "kind")
_OPEN_ALERTS = (Alert.State.PENDING, Alert.State.FIRING, Alert.State.CLEARING)


class Detail(StrEnum):
    """How much is told, each with what stands before it."""

    FLEET = "fleet"  # counts
    KIOSKS = "kiosks"  # some four samples a kiosk
    DEVICES = "devices"  # some sixty more


def families(detail: Detail, now: datetime) -> Iterator[Metric]:
    """All families, at most eight queries whatever the number of kiosks."""
    listed = rows(kiosks(Wanted()), now)
    yield InfoMetricFamily("vigie_build", "The release that answers.", {"version": RELEASE})
    yield _standings(listed)
    yield from _ingest()
    yield from _work()
    if detail is Detail.FLEET:
        return
    yield from _kiosks(listed)
    if detail is Detail.DEVICES:
        yield from _devices({row.id for row in listed if row.is_online})


def _standings(listed: list[Row]) -> Metric:
    family = GaugeMetricFamily(
        "vigie_kiosks",
        "Kiosks in service by where they stand.",
        labels=("kind", "department", "standing"),
    )
    counts = Counter((row.kind, row.department, row.standing) for row in listed)
    for kind, department in sorted({(row.kind, row.department) for row in listed}):
        for standing in Standing:
            count = counts[kind, department, standing]
            family.add_metric((kind, department, str(standing)), count)
    return family


def _ingest() -> Iterator[Metric]:
    totals = Tally.objects.aggregate(
        stored=Sum("stored"), duplicates=Sum("duplicates"), rejected=Sum("rejected")
    )
    for name, told in (
        ("stored", "Messages of kiosks stored."),
        ("duplicates", "Messages that came again and were already stored."),
        ("rejected", "Messages that could not be read, or of nobody known."),
    ):
        yield CounterMetricFamily(f"vigie_messages_{name}", told, totals[name] or 0)
    yield GaugeMetricFamily(
        "vigie_messages_lost", "Messages that full outboxes of kiosks dropped.", losses().gaps
    )


def _work() -> Iterator[Metric]:
    alerts = GaugeMetricFamily(
        "vigie_alerts", "Open alerts.", labels=("rule", "severity", "state", "silenced")
    )
    found = Alert.objects.filter(state__in=_OPEN_ALERTS, hidden_by=None).order_by()
    is_told = Q(silenced_by=None)
    for silenced, some in (("no", found.filter(is_told)), ("yes", found.exclude(is_told))):
        counted = some.values_list("rule", "severity", "state").annotate(Count("id"))
        for *labels, count in counted:
            alerts.add_metric((*labels, silenced), count)
    yield alerts
    yield GaugeMetricFamily(
        "vigie_commands_open",
        "Commands that have not come to their end.",
        Command.objects.filter(state__in=OPEN).count(),
    )
    yield GaugeMetricFamily(
        "vigie_notifications_waiting",
        "Messages to people that have not been sent yet.",
        Notification.objects.filter(state=Notification.State.WAITING).count(),
    )
    channels = GaugeMetricFamily(
        "vigie_channel_up",
        "Whether the last message by this channel was taken.",
        labels=("channel",),
    )
    for key, failing_since in Channel.objects.filter(is_enabled=True).values_list(
        "key", "failing_since"
    ):
        channels.add_metric((key,), failing_since is None)
    yield channels


def _kiosks(listed: list[Row]) -> Iterator[Metric]:
    online = GaugeMetricFamily(
        "vigie_kiosk_online", "Whether the kiosk is connected.", labels=_PLACE
    )
    receives = GaugeMetricFamily(
        "vigie_kiosk_can_receive", "Whether a citizen can be received now.", labels=_PLACE
    )
    standing = GaugeMetricFamily(
        "vigie_kiosk_standing",
        "Where the kiosk stands: 1 for the standing that holds.",
        labels=(*_PLACE, "standing"),
    )
    heard = GaugeMetricFamily(
        "vigie_kiosk_last_heard_timestamp_seconds",
        "When the kiosk was last heard, in seconds since 1970.",
        labels=_PLACE,
    )
    for row in listed:
        place = (row.id, row.kind, row.site, row.department)
        online.add_metric(place, row.is_online)
        receives.add_metric(place, row.standing.can_receive)
        standing.add_metric((*place, str(row.standing)), 1)
        if row.last_heard_at is not None:
            heard.add_metric(place, row.last_heard_at.timestamp())
    yield from (online, receives, standing, heard)


def _devices(online: set[str]) -> Iterator[Metric]:
    health = GaugeMetricFamily(
        "vigie_device_health",
        "How the device is: 1 for the health that holds.",
        labels=(*_DEVICE, "health"),
    )
    measured: dict[str, Metric] = {}
    found = Device.objects.order_by("kiosk_id", "device").values_list(
        "kiosk_id", "device", "kind", "health", "metrics"
    )
    for kiosk, device, kind, state, metrics in found.iterator(chunk_size=2000):
        if kiosk not in online:
            continue
        labels = (kiosk, device, kind)
        health.add_metric((*labels, state), 1)
        told_of = {health.name}  # a kiosk may name a metric as another one, or as what is ours
        for metric, value in metrics.items():
            name, factor = base(metric)
            if name in told_of:
                continue
            told_of.add(name)
            family = measured.get(name)
            if not isinstance(family, GaugeMetricFamily):
                told = f"The metric {metric} of devices, as last measured."
                measured[name] = family = GaugeMetricFamily(name, told, labels=_DEVICE)
            family.add_metric(labels, value * factor)
    yield health
    yield from (measured[name] for name in sorted(measured))
