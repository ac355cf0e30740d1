"""What a simulated kiosk is made of, and what can befall each part: data only."""

from dataclasses import dataclass

from contract.health import Health


@dataclass(frozen=True, slots=True)
class Fault:
    """One way for a part to be unwell."""

    health: Health
    reason: str  # a standard keyword where there is one: RFC 8011, SANE
    is_cured_by_reboot: bool = False


@dataclass(frozen=True, slots=True)
class Metric:
    """A number that wanders between two bounds; `when_faulty` has its value under a reason."""

    name: str
    low: float
    high: float
    when_faulty: tuple[tuple[str, float], ...] = ()

    def under(self, reason: str) -> float | None:
        """Its value while the device is unwell for `reason`; None where that does not show."""
        return dict(self.when_faulty).get(reason)


@dataclass(frozen=True, slots=True)
class Part:
    """One device. `share` is the part of the fleet that has it, from 0 to 1."""

    id: str
    kind: str
    is_required: bool
    faults: tuple[Fault, ...]
    metrics: tuple[Metric, ...] = ()
    facts: tuple[tuple[str, str | bool], ...] = ()
    share: float = 1.0


def _degraded(reason: str, is_cured_by_reboot: bool = False) -> Fault:
    return Fault(Health.DEGRADED, reason, is_cured_by_reboot)


def _failed(reason: str, is_cured_by_reboot: bool = False) -> Fault:
    return Fault(Health.FAILED, reason, is_cured_by_reboot)


_GONE = Fault(Health.MISSING, "not-connected")
_STUCK = _failed("timed-out", is_cured_by_reboot=True)

_SYSTEM = Part(
    "system",
    "system",
    True,
    (_degraded("memory-low", is_cured_by_reboot=True), _degraded("temperature-high")),
    (
        Metric("cpu_percent", 2, 35),
        Metric("memory_percent", 38, 71, (("memory-low", 94),)),
        Metric("temperature_celsius", 41, 63, (("temperature-high", 88),)),
    ),
    (("os", "Debian GNU/Linux 12 (bookworm)"), ("kernel", "6.1.0-28-amd64")),
)
_STORAGE = Part(
    "storage",
    "storage",
    True,
    (_degraded("storage-low"), _failed("read-only", is_cured_by_reboot=True)),
    (Metric("free_percent", 44, 72, (("storage-low", 6),)),),
)
_NETWORK = Part(
    "network",
    "network",
    True,
    (_degraded("rtt-high"), _degraded("jitter-high"), _degraded("loss-high")),
    (
        Metric("rtt_ms", 22, 84, (("rtt-high", 238),)),
        Metric("jitter_ms", 1, 14, (("jitter-high", 57),)),
        Metric("loss_percent", 0, 0.4, (("loss-high", 3.5),)),
    ),
)
_SCREEN = Part(
    "screen",
    "screen",
    True,
    (_GONE, _failed("off"), _failed("no-signal", is_cured_by_reboot=True), _degraded("wrong-mode")),
    facts=(("connector", "HDMI-A-1"), ("is_lit", True), ("mode", "1920x1080")),
)
_APPLICATION = Part(
    "application",
    "application",
    True,
    (
        _failed("not-running", is_cured_by_reboot=True),
        _failed("page-frozen", is_cured_by_reboot=True),
        _failed("no-heartbeat", is_cured_by_reboot=True),
        _failed("restart-loop"),
    ),
)
_CAMERA = Part(
    "camera",
    "camera",
    True,
    (_GONE, _STUCK, _failed("no-frames", is_cured_by_reboot=True), _failed("black")),
    facts=(("usb_id", "046d:0825"), ("port", "1-1.2"), ("product", "Webcam C270")),
)
_MICROPHONE = Part("microphone", "microphone", True, (_GONE, _failed("muted")))
_SPEAKERS = Part("speakers", "speakers", True, (_GONE, _failed("muted"), _failed("volume-zero")))
_PLATFORM = Part(
    "video-platform",
    "video-platform",
    True,
    (_degraded("dns-slow"), _failed("unreachable"), _failed("tls-expired")),
    (
        Metric("resolve_ms", 3, 60, (("dns-slow", 1830),)),
        Metric("connect_ms", 18, 74),
        Metric("tls_ms", 35, 120),
    ),
    (("tls", "TLSv1.3"),),
)
_USB = Part("usb", "usb", False, (_degraded("over-current"), _degraded("unexpected-storage")))
_WIFI = Part(
    "wifi",
    "wifi",
    False,
    (_degraded("signal-low"), _failed("not-associated"), _failed("radio-off")),
    (Metric("signal_dbm", -67, -48, (("signal-low", -81),)), Metric("rate_mbps", 39, 72)),
    (("interface", "wlan0"), ("wifi_network", "visio-public")),
    share=0.15,
)
_MODEM = Part(
    "modem",
    "modem",
    False,
    (_degraded("signal-low"), _failed("sim-missing"), _failed("not-registered")),
    (Metric("signal_percent", 34, 88, (("signal-low", 9),)),),
    (("technology", "lte"), ("operator", "Orange F")),
    share=0.3,
)
_PRINTER = Part(
    "printer",
    "printer",
    True,
    (
        _failed("media-empty"),
        _failed("media-jam"),
        _failed("toner-empty"),
        _failed("cover-open"),
        _degraded("media-low"),
        _degraded("toner-low"),
        _failed("spool-area-full", is_cured_by_reboot=True),
    ),
    (Metric("toner_percent", 22, 96, (("toner-low", 8), ("toner-empty", 0))),),
)
_SCANNER = Part(
    "scanner",
    "scanner",
    True,
    (
        _failed("jammed"),
        _failed("cover-open"),
        _failed("io-error", is_cured_by_reboot=True),
        _STUCK,
    ),
)

#: The citizen's side.
PVP: tuple[Part, ...] = (
    _SYSTEM,
    _STORAGE,
    _NETWORK,
    _SCREEN,
    Part("touchscreen", "touchscreen", True, (_GONE, _STUCK)),
    _APPLICATION,
    _CAMERA,
    _MICROPHONE,
    _SPEAKERS,
    Part("handset", "handset", False, (_GONE, _failed("not-confidential"))),
    _PRINTER,
    _SCANNER,
    Part(
        "receipt-printer",
        "receipt-printer",
        False,
        (_degraded("media-low"), _failed("media-empty"), _failed("cover-open"), _failed("offline")),
        share=0.4,
    ),
    Part("barcode-reader", "barcode-reader", False, (_GONE, _failed("wrong-mode")), share=0.3),
    Part("card-reader", "card-reader", False, (_GONE, _failed("no-driver")), share=0.2),
    _PLATFORM,
    _WIFI,
    _MODEM,
    Part(
        "ups",
        "ups",
        False,
        (_degraded("on-battery"), _failed("battery-low"), _degraded("battery-replace")),
        (
            Metric("charge_percent", 96, 100, (("on-battery", 71), ("battery-low", 12))),
            Metric("runtime_s", 2400, 3100, (("on-battery", 1500), ("battery-low", 180))),
            Metric("load_percent", 14, 31),
        ),
        share=0.25,
    ),
    _USB,
)

#: The public service's side.
EXPERT: tuple[Part, ...] = (
    _SYSTEM,
    _STORAGE,
    _NETWORK,
    _SCREEN,
    _APPLICATION,
    _CAMERA,
    _MICROPHONE,
    _SPEAKERS,
    _PLATFORM,
    _USB,
)
