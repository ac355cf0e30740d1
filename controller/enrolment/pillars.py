"""Gives the Salt master the kiosks' pillars, at the kiosks' door: to its certificate alone.

A pillar may hold a region's secrets: a kiosk, whatever it shows, is given none here.
"""

import logging
from collections.abc import Callable, Mapping
from typing import Any

from cryptography import x509
from cryptography.x509.oid import NameOID
from django.db import DatabaseError, close_old_connections

from contract.topics import is_kiosk_id
from controller.enrolment.answers import Answer, given, refusal
from controller.errors import NotFound, VigieError
from controller.salt.master import PILLAR_CLIENT

#: A kiosk's id to its pillar. Raises NotFound or VigieError.
Make = Callable[[str], Mapping[str, Any]]
_RETRY_S = 10
_log = logging.getLogger("vigie.enrolment")


def is_for(shown: bytes) -> bool:
    """Whether a certificate (DER), which TLS has held against our authority, is the master's."""
    if not shown:
        return False
    names = x509.load_der_x509_certificate(shown).subject.get_attributes_for_oid(
        NameOID.COMMON_NAME
    )
    return [name.value for name in names] == [PILLAR_CLIENT]


def answer(make: Make, kiosk: str) -> Answer:
    """The pillar of a kiosk; the master takes anything but 200 for a failure."""
    if not is_kiosk_id(kiosk):
        return refusal(404, "that is no kiosk's id")
    close_old_connections()
    try:
        return given(make(kiosk))
    except NotFound as err:
        return refusal(404, str(err))
    except (DatabaseError, VigieError, OSError):
        _log.exception("the pillar of %s cannot be made", kiosk)
        return refusal(503, f"the pillar of {kiosk} cannot be made just now", _RETRY_S)
    finally:
        close_old_connections()
