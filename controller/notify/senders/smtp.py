"""Plain mail by SMTP (RFC 5321), with STARTTLS or TLS where the server has it."""

import html
import re
import smtplib
import ssl
from collections.abc import Mapping
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from typing import Any

from controller.errors import Refused
from controller.notify.letters import Letter, Way
from controller.notify.senders import LIMIT_S, Field, Undelivered, checked, is_text

_SECURITIES = ("starttls", "tls", "none")
_FIELDS = (
    Field("host", "localhost", lambda host: is_text(host) and bool(host), "a server's name"),
    Field("port", 587, lambda port: type(port) is int and 0 < port < 65536, "from 1 to 65535"),
    Field("security", "starttls", lambda word: word in _SECURITIES, "starttls, tls or none"),
    Field("user", "", is_text, "the name to log in with, or empty"),
    Field("sender", "", lambda text: _is_address(text), "an address such as vigie@example.org"),
    Field("ca_file", "", is_text, "the file of the server's authority, or empty"),
)


def check(settings: Mapping[str, Any], *, has_secret: bool) -> dict[str, Any]:
    """See Sender."""
    complete = checked(settings, _FIELDS)
    if complete["user"] and complete["security"] == "none":
        raise Refused("security is 'none', must be starttls or tls where there is a password")
    if complete["user"] and not has_secret:
        raise Refused(f"user is {complete['user']!r}: enter its password too")
    return complete


def check_address(address: str) -> None:
    """See Sender."""
    if not _is_address(address):
        raise Refused(f"address is {address[:100]!r}, must be one such as marie@example.org")


def send(way: Way, letter: Letter) -> str:
    """See Sender."""
    mail = _mail(way, letter)
    try:
        with _connect(way) as server:
            if way.settings["user"]:
                server.login(way.settings["user"], way.secret)
            server.send_message(mail)
    except smtplib.SMTPAuthenticationError as err:
        # Not final: what waits leaves as soon as the right password is entered.
        raise Undelivered(f"the server refuses the login: {_said(err)}") from err
    except smtplib.SMTPRecipientsRefused as err:
        code, said = next(iter(err.recipients.values()))
        raise Undelivered(f"{code} {_text(said)}", is_final=500 <= code < 600) from err
    except smtplib.SMTPResponseException as err:
        raise Undelivered(_said(err), is_final=500 <= err.smtp_code < 600) from err
    except ssl.SSLCertVerificationError as err:
        raise Undelivered(f"the server's certificate: {err.verify_message}") from err
    except (OSError, smtplib.SMTPException) as err:
        raise Undelivered(str(err) or type(err).__name__) from err
    return "taken"


def _connect(way: Way) -> smtplib.SMTP:
    host, port = way.settings["host"], way.settings["port"]
    context = ssl.create_default_context(cafile=way.settings["ca_file"] or None)
    if way.settings["security"] == "tls":
        return smtplib.SMTP_SSL(host, port, timeout=LIMIT_S, context=context)
    server = smtplib.SMTP(host, port, timeout=LIMIT_S)
    if way.settings["security"] == "starttls":
        try:
            server.starttls(context=context)
        except BaseException:
            server.close()
            raise
    return server


def _mail(way: Way, letter: Letter) -> EmailMessage:
    mail = EmailMessage()
    mail["Subject"] = " ".join(letter.title.split())  # names of places may have two lines
    mail["From"] = way.settings["sender"]
    mail["To"] = letter.address
    mail["Date"] = format_datetime(letter.at)
    domain = way.settings["sender"].rpartition("@")[2]
    mail["Message-ID"] = f"<{letter.id}@{domain}>"
    if letter.thread:  # mail programs then show what belongs to one alert together
        mail["References"] = f"<{letter.thread}@{domain}>"
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no answer by a machine
    mail.set_content(letter.text)
    mail.add_alternative(_html(letter), subtype="html")
    return mail


def _html(letter: Letter) -> str:
    text = html.escape(letter.text)
    if urls := {html.escape(subject.url) for subject in letter.subjects if subject.url}:
        links = "|".join(map(re.escape, urls))  # none may be found in the midst of a longer one
        text = re.sub(rf"(?:{links})(?!\w)", r'<a href="\g<0>">\g<0></a>', text)
    paragraphs = "".join(
        f"<p>{part.replace(chr(10), '<br>')}</p>" for part in text.split("\n\n") if part.strip()
    )
    return f'<!doctype html><html><body style="font-family: sans-serif">{paragraphs}</body></html>'


def _is_address(text: Any) -> bool:
    if not is_text(text):
        return False
    name, _, domain = parseaddr(text)[1].partition("@")
    return bool(name and domain) and " " not in name + domain


def _said(err: smtplib.SMTPResponseException) -> str:
    return f"{err.smtp_code} {_text(err.smtp_error)}"


def _text(said: bytes | str) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return " ".join(text.split())[:300]
