"""A kiosk's pillar: its configuration as of the revision that it is assigned, whole and typed.

The only place where secrets are opened. What keeps it from being made is an error: the master must
never apply emptiness.
"""

import hashlib
from datetime import UTC, datetime
from typing import Any

import msgspec

from controller.configuration import sealed, selectors, services, validate
from controller.configuration.book import book
from controller.configuration.document import Document


def pillar(kiosk_id: str) -> dict[str, Any]:
    """`{"vigie": {"kiosk", "kind", "site", "revision", "digest", **sections of document.py}}`.

    `digest` is the sha256 of the document alone: canonical JSON, secrets included. `revision` is 0
    before anything was configured. Raises NotFound, VigieError.
    """
    kiosk = selectors.kiosk(kiosk_id)
    number = services.assigned(kiosk.id, datetime.now(UTC))
    document = validate.whole(sealed.opened(book(number).of(kiosk).document), kiosk.id)
    return {
        "vigie": {
            "kiosk": kiosk.id,
            "kind": kiosk.kind,
            "site": kiosk.site.code,
            "revision": number or 0,
            "digest": digest(document),
            **sections(document),
        }
    }


def sections(document: Document) -> dict[str, Any]:
    """In plain values, all defaults filled in."""
    found: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(document))
    return found


def digest(document: Document) -> str:
    """Of the canonical JSON: keys in order, no spaces."""
    return hashlib.sha256(msgspec.json.encode(document, order="sorted")).hexdigest()
