"""A JSON document posted to where a channel says, and what came of it."""

from collections.abc import Mapping

import httpx

from controller.notify.senders import LIMIT_S, Undelivered

#: Answers after which the same may well be taken later (RFC 9110, 15; 429 is of RFC 6585): a token
#: that is refused may be entered anew meanwhile.
_LATER = frozenset({401, 403, 408, 425, 429})


def post(url: str, content: bytes, headers: Mapping[str, str]) -> str:
    """The receiver's answer. A redirect is not followed: it would lead what is signed, and a
    token, elsewhere. Raises Undelivered."""
    try:
        with httpx.stream(
            "POST",
            url,
            content=content,
            headers={"Content-Type": "application/json", **headers},
            timeout=LIMIT_S,
            follow_redirects=False,
        ) as answer:
            # No more than its first words, however long it goes on.
            start = b"" if answer.is_success else next(answer.iter_bytes(1024), b"")
    except (httpx.LocalProtocolError, UnicodeError) as err:
        # Without its own words: they repeat the header, and with it the token.
        text = "the channel's token or address cannot be sent by HTTP: enter it anew"
        raise Undelivered(text) from err
    except httpx.HTTPError as err:
        raise Undelivered(str(err) or type(err).__name__) from err
    except (httpx.InvalidURL, ValueError) as err:
        raise Undelivered(str(err), is_final=True) from err
    if answer.is_success:
        return f"{answer.status_code} {answer.reason_phrase}"
    said = " ".join(start.decode("utf-8", "replace").split())[:200]
    is_final = answer.status_code < 500 and answer.status_code not in _LATER
    text = f"{answer.status_code} {answer.reason_phrase}" + (f": {said}" if said else "")
    raise Undelivered(text, is_final=is_final)
