"""What stands in the field, where, and how it is.

Site, Service and Kiosk are edited by people. Status and Device are written by ingest alone, from
what kiosks said. StateChange is the history of both, Reading that of their metrics. DeviceEvent is
what else happened, Session what of it tells of a citizen's visit.
"""

from django.db import models

from contract.health import Health, Readiness
from contract.topics import KIOSK_PATTERN


class Department(models.TextChoices):
    """The four departments of the seed; any other is stored by its number alone."""

    ALLIER = "03", "Allier"
    CANTAL = "15", "Cantal"
    HAUTE_LOIRE = "43", "Haute-Loire"
    PUY_DE_DOME = "63", "Puy-de-Dôme"


class HostType(models.TextChoices):
    """Who houses a kiosk."""

    TOWN_HALL = "town-hall"
    POST_OFFICE = "post-office"
    SERVICE_HOUSE = "service-house"  # maison de services au public, France services
    TOURIST_OFFICE = "tourist-office"
    PUBLIC_SERVICE = "public-service"  # where expert terminals stand


class KioskKind(models.TextChoices):
    """The two ends of an interview."""

    PVP = "pvp"  # point visio-public, the citizen's side
    EXPERT = "expert"  # borne expert, the public service's side


class Lifecycle(models.TextChoices):
    """Where a kiosk is in its life; says nothing of its health."""

    PLANNED = "planned"
    ACTIVE = "active"
    MAINTENANCE = "maintenance"
    RETIRED = "retired"


class Site(models.Model):
    """A place that houses kiosks."""

    code = models.SlugField(unique=True)
    name = models.CharField(max_length=150)
    host_type = models.CharField(max_length=20, choices=HostType.choices)
    commune = models.CharField(max_length=100)
    insee = models.CharField(max_length=5)
    department = models.CharField(max_length=3)
    latitude = models.FloatField(null=True, blank=True)  # degrees, WGS 84
    longitude = models.FloatField(null=True, blank=True)
    opening_hours = models.CharField(max_length=255, blank=True)  # OpenStreetMap's opening_hours
    contact = models.CharField(max_length=255, blank=True)
    provider = models.CharField(max_length=100, blank=True)  # of its line to the internet

    class Meta:
        ordering = ("department", "commune", "name")

    def __str__(self) -> str:
        return self.name


class Service(models.Model):
    """A public service that a citizen can reach."""

    code = models.SlugField(unique=True)
    name = models.CharField(max_length=150)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class Kiosk(models.Model):
    """One terminal; its id is also its name on the broker and in its certificate."""

    id = models.CharField(max_length=63, primary_key=True)
    kind = models.CharField(max_length=10, choices=KioskKind.choices)
    lifecycle = models.CharField(
        max_length=12, choices=Lifecycle.choices, default=Lifecycle.ACTIVE, db_index=True
    )
    label = models.CharField(max_length=150, blank=True)
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="kiosks")
    services = models.ManyToManyField(Service, blank=True, related_name="kiosks")

    class Meta:
        ordering = ("id",)
        constraints = [
            models.CheckConstraint(
                condition=models.Q(id__regex=KIOSK_PATTERN), name="kiosk_id_fits_a_topic"
            )
        ]

    def __str__(self) -> str:
        return self.id


class Status(models.Model):
    """How a kiosk is, as it or its last will said. No row: never heard."""

    kiosk = models.OneToOneField(Kiosk, primary_key=True, on_delete=models.CASCADE)
    is_online = models.BooleanField(default=False)
    session = models.CharField(max_length=16, blank=True)
    presence_since = models.DateTimeField(null=True)
    presence_reason = models.CharField(max_length=500, blank=True)
    born_at = models.DateTimeField(null=True)  # this session, by the kiosk's clock
    # The last report that tells how the kiosk is now, not how it was while nobody heard it.
    reported_at = models.DateTimeField(null=True)
    boot_id = models.CharField(max_length=64, blank=True)
    agent_version = models.CharField(max_length=32, blank=True)
    readiness = models.CharField(
        max_length=10,
        choices=[(str(state), str(state)) for state in Readiness],
        default=Readiness.UNKNOWN,
    )
    because = models.JSONField(default=list)  # ids of the devices the verdict is because of
    inventory = models.JSONField(default=dict)
    clock_trusted = models.BooleanField(default=True)
    last_heard_at = models.DateTimeField()
    # Moves with every change a page would show; open pages follow it.
    touched_at = models.DateTimeField(db_index=True)


class Device(models.Model):
    """One device of a kiosk as last reported."""

    kiosk = models.ForeignKey(Kiosk, on_delete=models.CASCADE, related_name="devices")
    device = models.CharField(max_length=64)
    kind = models.CharField(max_length=32)
    health = models.CharField(max_length=8, choices=[(str(state), str(state)) for state in Health])
    reasons = models.JSONField(default=list)
    metrics = models.JSONField(default=dict)
    facts = models.JSONField(default=dict)
    since = models.DateTimeField()  # of this health and these reasons, by the controller's clock
    measured_at = models.DateTimeField()  # by the kiosk's clock
    epoch = models.CharField(max_length=16)
    seq = models.BigIntegerField()

    class Meta:
        ordering = ("kiosk", "device")
        constraints = [
            models.UniqueConstraint(fields=("kiosk", "device"), name="device_once_a_kiosk")
        ]


class StateChange(models.Model):
    """A device, or the presence of the kiosk itself (`device` is empty), changed its state."""

    kiosk = models.ForeignKey(Kiosk, on_delete=models.CASCADE, related_name="changes")
    device = models.CharField(max_length=64, blank=True)
    kind = models.CharField(max_length=32)  # of the device, or `presence`
    before = models.CharField(
        max_length=8, blank=True
    )  # a Health, `online`, `offline`, or '' at first
    after = models.CharField(max_length=8, blank=True)
    reasons = models.JSONField(default=list)
    at = models.DateTimeField()  # by the kiosk's clock
    clock_trusted = models.BooleanField()
    received_at = models.DateTimeField(db_index=True)
    epoch = models.CharField(max_length=16, blank=True)
    seq = models.BigIntegerField(null=True)

    class Meta:
        ordering = ("-received_at", "-id")
        indexes = [models.Index(fields=("kiosk", "-received_at"), name="change_by_kiosk")]


class DeviceEvent(models.Model):
    """Something that happened to a device, as its kiosk told it: once, with the report it came in.

    `name` is one of contract.events, or newer than we are.
    """

    kiosk = models.ForeignKey(Kiosk, on_delete=models.CASCADE, related_name="events")
    device = models.CharField(max_length=64)
    name = models.CharField(max_length=64)
    facts = models.JSONField(default=dict)
    at = models.DateTimeField()  # by the kiosk's clock
    clock_trusted = models.BooleanField()
    received_at = models.DateTimeField(db_index=True)
    epoch = models.CharField(max_length=16)
    seq = models.BigIntegerField()

    class Meta:
        ordering = ("-received_at", "-id")
        indexes = [models.Index(fields=("kiosk", "-received_at"), name="event_by_kiosk")]


class Ending(models.TextChoices):
    """How a session came to its end, as far as is known."""

    OPEN = "open"  # it goes on, or its end has not been heard yet
    SAID = "said"  # by the kiosk
    CUT = "cut"  # so was the power, or the agent: the kiosk tells about when
    UNHEARD = "unheard"  # another one began: nobody knows when this one ended


class Session(models.Model):
    """A citizen's visit: a span of time and nothing of the person. Derived from events.

    `began_at` is what both its first and its last event name, so that either may come first, twice,
    or never.
    """

    kiosk = models.ForeignKey(Kiosk, on_delete=models.CASCADE, related_name="sessions")
    device = models.CharField(max_length=64)
    began_at = models.DateTimeField()  # by the kiosk's clock
    ended_at = models.DateTimeField(null=True)
    duration_s = models.FloatField(null=True)  # as the kiosk measured it, whatever its clock did
    ending = models.CharField(max_length=7, choices=Ending.choices, default=Ending.OPEN)
    clock_trusted = models.BooleanField()
    received_at = models.DateTimeField(db_index=True)  # when first heard of

    class Meta:
        ordering = ("-began_at", "-id")
        constraints = [
            models.UniqueConstraint(fields=("kiosk", "device", "began_at"), name="session_once")
        ]


class Resolution(models.IntegerChoices):
    """The length of a reading's bucket, in seconds."""

    HOUR = 3600
    DAY = 86400


class Series(models.Model):
    """One metric of one device, named once and not in each of its thousands of readings."""

    kiosk = models.ForeignKey(Kiosk, on_delete=models.CASCADE, related_name="series")
    device = models.CharField(max_length=64)
    metric = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=("kiosk", "device", "metric"), name="series_once")
        ]


class Reading(models.Model):
    """A metric over an hour or a day. By far the most rows of all, so it is kept narrow."""

    series = models.ForeignKey(
        Series, on_delete=models.CASCADE, related_name="readings", db_index=False
    )
    resolution = models.IntegerField(choices=Resolution.choices)
    start = models.BigIntegerField()  # seconds since 1970, UTC: a third of a date's bytes
    minimum = models.FloatField()
    mean = models.FloatField()
    maximum = models.FloatField()
    count = models.IntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=("series", "resolution", "start"), name="reading_once")
        ]
