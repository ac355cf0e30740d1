"""A make-believe ModemManager on a private bus, run by the system's Python: it has D-Bus.

Argument: what the one modem is like, as JSON (none: there is no modem). Says `ready` once it is on
the bus, and ends when its input does. Numbers are those of ModemManager-enums.h.
"""

import json
import sys
from typing import Any

BUS = "org.freedesktop.ModemManager1"
ROOT = "/org/freedesktop/ModemManager1"
MODEM = f"{ROOT}/Modem/0"


def interfaces(dbus: Any, modem: dict[str, Any]) -> dict[str, Any]:
    """A modem's properties, in the types that ModemManager gives them; mmcli wants every one."""
    paths = dbus.Array([], signature="o")
    texts = dbus.Array([], signature="s")
    numbers = dbus.Array([], signature="u")
    general = {
        "State": dbus.Int32(modem["state"]),
        "StateFailedReason": dbus.UInt32(modem.get("failed", 0)),
        "UnlockRequired": dbus.UInt32(modem.get("unlock", 1)),
        "SignalQuality": dbus.Struct((dbus.UInt32(modem.get("signal", 0)), True), signature="ub"),
        "AccessTechnologies": dbus.UInt32(1 << 14),
        "Sim": dbus.ObjectPath(f"{ROOT}/SIM/0" if modem.get("sim", True) else "/"),
        "Model": "EC25",
        "Manufacturer": "Quectel",
        "Revision": "EC25EFAR06A06M4G",
        "CarrierConfiguration": "",
        "CarrierConfigurationRevision": "",
        "HardwareRevision": "",
        "DeviceIdentifier": "0",
        "EquipmentIdentifier": "490154203237518",
        "Device": "/sys/devices/pci0000:00/0000:00:14.0/usb1/1-4",
        "Plugin": "quectel",
        "PrimaryPort": "cdc-wdm0",
        "Drivers": texts,
        "OwnNumbers": texts,
        "Bearers": paths,
        "SimSlots": paths,
        "PrimarySimSlot": dbus.UInt32(0),
        "Ports": dbus.Array([], signature="(su)"),
        "MaxBearers": dbus.UInt32(1),
        "MaxActiveBearers": dbus.UInt32(1),
        "PowerState": dbus.UInt32(3),
        "CurrentCapabilities": dbus.UInt32(8),
        "SupportedCapabilities": numbers,
        "SupportedModes": dbus.Array([], signature="(uu)"),
        "CurrentModes": dbus.Struct((dbus.UInt32(8), dbus.UInt32(0)), signature="uu"),
        "SupportedBands": numbers,
        "CurrentBands": numbers,
        "SupportedIpFamilies": dbus.UInt32(3),
        "UnlockRetries": dbus.Dictionary({}, signature="uu"),
    }
    radio = {
        "RegistrationState": dbus.UInt32(modem.get("registration", 1)),
        "OperatorName": modem.get("operator", "Lab"),
        "OperatorCode": "00101",
        "Imei": "490154203237518",
        "EnabledFacilityLocks": dbus.UInt32(0),
        "EpsUeModeOperation": dbus.UInt32(0),
        "PacketServiceState": dbus.UInt32(0),
        "Pco": dbus.Array([], signature="(ubay)"),
        "InitialEpsBearer": dbus.ObjectPath("/"),
        "InitialEpsBearerSettings": dbus.Dictionary({}, signature="sv"),
    }
    return {
        f"{BUS}.Modem": dbus.Dictionary(general, signature="sv"),
        f"{BUS}.Modem.Modem3gpp": dbus.Dictionary(radio, signature="sv"),
    }


def main(told: str) -> None:
    # Here, so that whoever only collects tests needs neither.
    import dbus
    import dbus.mainloop.glib
    import dbus.service
    from gi.repository import GLib

    modem = json.loads(told)

    class Manager(dbus.service.Object):  # type: ignore[misc]
        """The object tree: one modem, or none."""

        @dbus.service.method("org.freedesktop.DBus.ObjectManager", out_signature="a{oa{sa{sv}}}")  # type: ignore[untyped-decorator]
        def GetManagedObjects(self) -> Any:  # noqa: N802 - D-Bus's own name
            """Everything there is."""
            if modem is None:
                return dbus.Dictionary(signature="oa{sa{sv}}")
            return {MODEM: interfaces(dbus, modem)}

        @dbus.service.method("org.freedesktop.DBus.Properties", "s", "a{sv}")  # type: ignore[untyped-decorator]
        def GetAll(self, _interface: str) -> Any:  # noqa: N802
            """The manager's own."""
            return dbus.Dictionary({"Version": "1.20.4"}, signature="sv")

    dbus.mainloop.glib.DBusGMainLoop(set_as_default=True)
    manager = Manager(dbus.service.BusName(BUS, dbus.SystemBus()), ROOT)
    loop = GLib.MainLoop()
    GLib.io_add_watch(sys.stdin, GLib.IO_HUP | GLib.IO_IN, lambda *_: loop.quit())
    print("ready", flush=True)  # noqa: T201
    loop.run()
    del manager


if __name__ == "__main__":
    main(sys.argv[1])
