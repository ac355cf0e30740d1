"""`vigie web`: the people's door and the kiosks', two servers in one loop that stop together."""

import asyncio
import logging
import signal
import socket
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import uvicorn
from asgiref.sync import sync_to_async

from controller.config import Config
from controller.enrolment import shown
from controller.enrolment.authority import Authority
from controller.enrolment.door import Door
from controller.enrolment.failures import Failures
from controller.errors import ConfigError, VigieError
from controller.salt.port import Port

#: Streams of open pages end at once when told to; any other request is cut after this.
_GRACE_S = 2
_REFRESH_S = 3600.0
#: A kiosk that brings its minion's key waits for the master, and gives up after 30 s.
_SALT_S = 20.0
#: Connections at once that have not shown a certificate yet.
_STRANGERS = 128
_log = logging.getLogger("vigie.web")


class _Server(uvicorn.Server):
    """One of two: signals are ours, not each server's."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            scheme = "https" if self.config.is_ssl else "http"
            _log.info("open at %s://%s:%d", scheme, self.config.host, self.config.port)


def serve(config: Config) -> None:
    """Serves both doors until SIGTERM or SIGINT. Django is set up.

    Raises ConfigError for a certificate that cannot be read, VigieError for a port that is taken.
    """
    from controller.asgi import people
    from controller.web.urls import LIVE

    servers = (_people(config, people), _kiosks(config))
    asyncio.run(_run(servers, before_stop=LIVE.stop))


def _people(config: Config, application: object) -> _Server:
    web = config.web
    if bool(web.certificate) != bool(web.key):
        raise ConfigError("web.certificate and web.key go together: give both, or neither")
    return _server(
        application,
        web.host,
        web.port,
        web.certificate or None,
        web.key or None,
        proxies=web.proxies,
    )


def _kiosks(config: Config) -> _Server:
    pki = config.home / "pki"
    door = Door(Authority(pki).ca_pem, Failures(), _pillar, _salt(config))
    at = config.kiosk_door
    return _server(
        door,
        at.host,
        at.port,
        str(pki / "door.pem"),
        str(pki / "door.key"),
        limit_concurrency=_STRANGERS,
        authority=str(pki / "ca.pem"),
    )


def _salt(config: Config) -> Port | None:
    from controller.salt.client import SaltApi, endpoint

    if not config.salt.is_used:
        return None
    return SaltApi(replace(endpoint(config), timeout_s=_SALT_S))


def _pillar(kiosk: str) -> dict[str, Any]:
    from controller.configuration.pillar import pillar  # once Django is set up

    return pillar(kiosk)


def _server(
    application: object,
    host: str,
    port: int,
    certificate: str | None,
    key: str | None,
    limit_concurrency: int | None = None,
    proxies: Sequence[str] = (),
    authority: str | None = None,
) -> _Server:
    settings = uvicorn.Config(
        application,  # type: ignore[arg-type]  # Django's and ours differ in the names of types alone
        host=host,
        port=port,
        ssl_certfile=certificate,
        ssl_keyfile=key,
        # A kiosk that renews its certificate shows it; one that enrols has none yet.
        ssl_ca_certs=authority,
        ssl_cert_reqs=ssl.CERT_OPTIONAL if authority else ssl.CERT_NONE,
        http=shown.Protocol if authority else "auto",
        lifespan="off",
        log_config=None,  # Django's logging is set up
        log_level="warning",
        access_log=False,  # the audit says who did what
        server_header=False,
        timeout_graceful_shutdown=_GRACE_S,
        limit_concurrency=limit_concurrency,
        proxy_headers=bool(proxies),
        forwarded_allow_ips=list(proxies),
    )
    try:
        settings.load()
    except (OSError, ssl.SSLError) as err:
        raise ConfigError(f"certificate {certificate} or key {key} cannot be read: {err}") from err
    if settings.ssl is not None and limit_concurrency is not None:
        settings.ssl.minimum_version = ssl.TLSVersion.TLSv1_3  # every agent speaks it
    return _Server(settings)


async def _run(servers: Sequence[_Server], before_stop: Callable[[], None]) -> None:
    loop = asyncio.get_running_loop()

    def stop() -> None:
        before_stop()
        for server in servers:
            server.should_exit = True

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    refresher = asyncio.create_task(_keep_fresh())
    tasks = [asyncio.create_task(_serve(server)) for server in servers]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stop()
        refresher.cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result


async def _serve(server: _Server) -> None:
    try:
        await server.serve()
    except SystemExit as err:  # how uvicorn says that it could not listen; it has logged why
        raise VigieError(
            f"{server.config.host}:{server.config.port} cannot be listened on: another program has"
            " it, or choose another port in vigie.toml"
        ) from err


async def _keep_fresh() -> None:
    """Renews the revocation list daily: an old one would close the broker to everybody; and ends
    the certificates that kiosks have replaced."""
    from controller.enrolment import enforcement, renewal

    duties: tuple[Callable[[datetime], object], ...] = (
        renewal.end_replaced,
        renewal.notice,
        enforcement.refresh,
    )
    while True:
        for duty in duties:  # one that fails keeps none of the others from being done
            try:
                await sync_to_async(duty)(datetime.now(UTC))
            except Exception:
                _log.exception("the revocation list and certificates could not be seen to")
        await asyncio.sleep(_REFRESH_S)
