"""A kiosk's pillar: its configuration as of the revision that it is assigned, whole and typed.

The only place where secrets are opened to be given away. What keeps it from being made is an error:
the master must never apply emptiness.
"""

import hashlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from controller.configuration import sealed, selectors, services, validate
from controller.configuration.book import book, chain
from controller.configuration.document import Document, plain
from controller.fleet.models import Kiosk


def pillar(kiosk_id: str) -> dict[str, Any]:
    """`{"vigie": {"kiosk", "kind", "site", "revision", "digest", **sections of document.py}}`.

    `digest` is the sha256 of the document alone: canonical JSON, secrets included. `revision` is 0
    before anything was configured. Raises NotFound, VigieError.
    """
    kiosk = selectors.kiosk(kiosk_id)
    number = services.assigned(kiosk.id, datetime.now(UTC))
    return _as_of(number, kiosk, sealed.opened)


def shown(kiosk_id: str, *, with_secrets: bool = False) -> dict[str, Any]:
    """The same for a person's eyes: looking assigns nothing. The digest is that of what is shown.

    Raises NotFound, VigieError.
    """
    kiosk = selectors.kiosk(kiosk_id)
    found, last = selectors.assignment(kiosk.id), selectors.newest()
    latest = last.pk if last else None
    number = found.revision_id if found else latest
    return _as_of(number, kiosk, sealed.opened if with_secrets else sealed.masked)


def _as_of(
    number: int | None, kiosk: Kiosk, reveal: Callable[[Mapping[str, Any]], dict[str, Any]]
) -> dict[str, Any]:
    document = validate.whole(reveal(book(number, chain(kiosk)).of(kiosk).document), kiosk.id)
    return {
        "vigie": {
            "kiosk": kiosk.id,
            "kind": kiosk.kind,
            "site": kiosk.site.code,
            "revision": number or 0,
            "digest": digest(document),
            **plain(document),
        }
    }


def digest(document: Document) -> str:
    """Of the canonical JSON: keys in order, no spaces."""
    return hashlib.sha256(msgspec.json.encode(document, order="sorted")).hexdigest()
