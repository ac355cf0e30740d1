"""Hands the certificate that a client showed in TLS on to the application.

ASGI's extension for it is not offered by uvicorn: its scope's `state` is where a server may put
what it knows of a connection.
"""

import asyncio
import ssl

from uvicorn.protocols.http.h11_impl import H11Protocol

from controller.enrolment.door import CERTIFICATE


class Protocol(H11Protocol):
    """HTTP/1.1 of one connection."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        secured = transport.get_extra_info("ssl_object")
        if isinstance(secured, ssl.SSLObject):
            shown = secured.getpeercert(binary_form=True)
            self.app_state = {**self.app_state, CERTIFICATE: shown or b""}
