"""Why the broker cannot be reached, in words a technician can act upon."""

import socket
import ssl
from datetime import UTC, datetime

# X509_V_ERR_* (openssl/x509_vfy.h)
_NOT_YET_VALID = 9
_EXPIRED = 10
_UNKNOWN_ISSUER = (2, 18, 19, 20, 21)
_WRONG_NAME = (62, 64)

#: What the broker answers after our side of the handshake, as OpenSSL words it -> what it means.
_ALERTS = (
    (
        "certificate expired",
        "the broker says that this kiosk's certificate has expired: enrol again",
    ),
    (
        "certificate revoked",
        "the broker says that this kiosk's certificate was revoked: enrol again",
    ),
    (
        "certificate required",
        "the broker wants a certificate and got none: check broker.certificate",
    ),
    ("unknown ca", "the broker does not know who signed this kiosk's certificate: enrol again"),
    ("bad certificate", "the broker refuses this kiosk's certificate: enrol again"),
    ("certificate unknown", "the broker refuses this kiosk's certificate: enrol again"),
    (
        "decrypt error",
        "the broker finds that key and certificate do not belong together: enrol again",
    ),
    ("alert protocol version", "the broker does not speak TLS 1.3, must do so"),
)

CLONE = "hangs up soon after letting us in: does a second machine use this identity, a cloned disk?"


def explain(error: BaseException, host: str, port: int) -> str:
    """One sentence: what went wrong while connecting to `host`, and what to do."""
    where = f"{host}:{port}"
    match error:
        case ssl.SSLCertVerificationError():
            return explain_verification(error.verify_code, error.verify_message, host)
        case ssl.SSLError():
            return explain_text(str(error)) or f"TLS with {where} fails: {error.reason or error}"
        case socket.gaierror():
            return f"{host} has no address ({error.strerror}): check the name, DNS and the line"
        case ConnectionRefusedError():
            return f"{where} refuses connections: the broker is not running there"
        case TimeoutError():
            return f"{where} does not answer: check the line and the firewall"
        case ConnectionResetError():
            return f"{where} closed the connection"
        case FileNotFoundError() | PermissionError():
            return (
                f"{error.filename or 'a certificate'} is unreadable ({error.strerror}): enrol again"
            )
        case OSError():
            return f"{where} cannot be reached: {error.strerror or error}"
    return f"{where}: {error}"


def explain_verification(code: int, message: str, host: str) -> str:
    """The broker's certificate does not stand up to our check."""
    if code == _NOT_YET_VALID:
        return f"the broker's certificate is not yet valid: is this kiosk's clock right? {_clock()}"
    if code == _EXPIRED:
        return (
            "the broker's certificate has expired: renew it, unless this kiosk's clock is wrong. "
            + _clock()
        )
    if code in _UNKNOWN_ISSUER:
        return "the broker's certificate is not signed by our authority: check broker.ca"
    if code in _WRONG_NAME:
        return f"the broker's certificate is not for {host}: check broker.host"
    return f"the broker's certificate is refused: {message}"


def explain_text(text: str) -> str | None:
    """What an OpenSSL alert means; None when it is none we know."""
    lowered = text.lower()
    return next((meaning for alert, meaning in _ALERTS if alert in lowered), None)


def explain_refusal(reason: str) -> str:
    """What the broker's MQTT reason means (MQTT 5.0, 3.2.2.2 and 3.14.2.1)."""
    match reason.lower():
        case "not authorized" | "bad user name or password":
            return "the broker does not authorise this kiosk: is it retired, or its id another's?"
        case "session taken over":
            return "another machine connected with this kiosk's identity: is its disk a clone?"
        case "server shutting down" | "server unavailable" | "server busy":
            return f"the broker says: {reason.lower()}"
    return f"the broker ended the connection: {reason.lower()}"


def _clock() -> str:
    return f"It says {datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
