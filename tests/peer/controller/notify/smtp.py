"""A real mail server on loopback (aiosmtpd) that keeps what it takes.

With an authority it speaks STARTTLS and demands a login.
"""

import ssl
import threading
from collections import deque
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from types import TracebackType
from typing import Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.peer.authority import Authority
from tests.peer.region import free_port

USER, PASSWORD = "vigie", "a-word-for-the-mail"


@dataclass(frozen=True, slots=True)
class Mail:
    """What was taken: for whom, whether encrypted, and the message."""

    to: tuple[str, ...]
    is_encrypted: bool
    message: EmailMessage


@dataclass
class Box:
    """What the server does with a message: `answers` first, in turn; then it takes all."""

    answers: deque[str] = field(default_factory=deque)
    mails: list[Mail] = field(default_factory=list)
    #: Set: a message is taken, and its sender never hears so until `release` is set.
    holds: bool = False
    release: threading.Event = field(default_factory=threading.Event)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        """See aiosmtpd: the answer to a message."""
        if self.answers:
            return self.answers.popleft()
        content = envelope.content
        assert isinstance(content, bytes)
        message = message_from_bytes(content, policy=policy.default)
        self.mails.append(Mail(tuple(envelope.rcpt_tos), session.ssl is not None, message))
        if self.holds:
            await server.loop.run_in_executor(None, self.release.wait, 60)
        return "250 taken"


class SmtpServer:
    """Use as a context manager; it answers when that is entered. Can be entered again."""

    def __init__(self, authority: Authority | None = None) -> None:
        self.port = free_port()
        self.box = Box()
        self._context: ssl.SSLContext | None = None
        if authority is not None:
            files = authority.issue("mail")
            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._context.load_cert_chain(files.certificate, files.key)

    def __enter__(self) -> Self:
        is_open = self._context is None
        self._controller = Controller(
            self.box,
            hostname="127.0.0.1",
            port=self.port,
            tls_context=self._context,
            require_starttls=not is_open,
            auth_required=not is_open,
            authenticator=_authenticate,
            ready_timeout=30,
        )
        self._controller.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.box.release.set()
        self._controller.stop()


def _authenticate(
    server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object
) -> AuthResult:
    is_known = isinstance(data, LoginPassword) and (data.login, data.password) == (
        USER.encode(),
        PASSWORD.encode(),
    )
    return AuthResult(success=is_known, handled=False)
