"""The contract as an AsyncAPI 3 document with JSON Schemas, made from the Structs.

`python -m contract.document` prints it; docs/protocol/asyncapi.json holds what it printed, and
scripts/check sees that the two are alike.
"""

import inspect
import sys
from typing import Any

import msgspec

from contract import RELEASE, VERSION
from contract.commands import CATALOGUE
from contract.messages import MAX_BYTES, TYPES
from contract.topics import FROM_KIOSK, KIOSK_PATTERN, Channel

_DESCRIPTION = """\
What a video-counter kiosk and its controller say to each other over MQTT 5.
Payloads are JSON. Unknown fields are ignored, wrong types refused. Within version 1 a field may be
added if it has a default, and a command, device kind, reason, metric or fact may be added; nothing
is removed, renamed, made required or given another type or meaning. Anything else is version 2,
under topics of its own, which a controller serves beside version 1 while kiosks move over."""

_QOS = dict.fromkeys(Channel, 1) | {Channel.ACK: 0}
_RETAINED = (Channel.PRESENCE, Channel.INVENTORY)


def document() -> dict[str, Any]:
    """The AsyncAPI 3.0 document, as plain dicts and lists."""
    schemas = _schemas()
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Vigie",
            "version": RELEASE,
            "description": _DESCRIPTION,
            "license": {"name": "EUPL-1.2"},
        },
        "defaultContentType": "application/json",
        "channels": {str(channel): _channel(channel) for channel in Channel},
        "operations": {_operation_name(channel): _operation(channel) for channel in Channel},
        "components": {
            "messages": {kind.__name__: _message(kind) for kind in TYPES.values()},
            "schemas": schemas,
        },
    }


def _schemas() -> dict[str, Any]:
    kinds = [*TYPES.values(), *(spec.args for spec in CATALOGUE)]
    _, components = msgspec.json.schema_components(
        kinds, ref_template="#/components/schemas/{name}"
    )
    return dict(sorted(components.items()))


def _channel(channel: Channel) -> dict[str, Any]:
    name = TYPES[channel].__name__
    return {
        "address": f"vigie/{VERSION}/{{kiosk}}/{channel}",
        "messages": {name: {"$ref": f"#/components/messages/{name}"}},
        "parameters": {"kiosk": {"description": f"The kiosk's id, of pattern {KIOSK_PATTERN}"}},
    }


def _operation_name(channel: Channel) -> str:
    return f"{'send' if channel in FROM_KIOSK else 'receive'}-{channel}"


def _operation(channel: Channel) -> dict[str, Any]:
    """Seen from the kiosk."""
    return {
        "action": "send" if channel in FROM_KIOSK else "receive",
        "channel": {"$ref": f"#/channels/{channel}"},
        "bindings": {
            "mqtt": {
                "qos": _QOS[channel],
                "retain": channel in _RETAINED,
                "bindingVersion": "0.2.0",
            }
        },
    }


def _message(kind: type[Any]) -> dict[str, Any]:
    return {
        "name": kind.__name__,
        "summary": (inspect.getdoc(kind) or "").partition("\n\n")[0],
        "description": f"At most {MAX_BYTES} bytes.",
        "payload": {"$ref": f"#/components/schemas/{kind.__name__}"},
    }


if __name__ == "__main__":
    sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(document()), indent=2) + b"\n")
