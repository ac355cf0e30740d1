"""Bodies: JSON and nothing that a database would not take."""

import json
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext
from ninja.errors import HttpError
from ninja.parser import Parser


class StrictParser(Parser):
    """Refuses NaN and infinities, half characters, NULs, and what is nested without end."""

    def parse_body(self, request: HttpRequest) -> Any:
        """The body's value. Raises HttpError 400."""
        try:
            value = json.loads(request.body)
            text = json.dumps(value, ensure_ascii=False, allow_nan=False)
            text.encode()
        except (ValueError, RecursionError) as err:
            text = gettext("the body is not JSON: %(problem)s")
            raise HttpError(400, text % {"problem": str(err)[:100]}) from err
        if "\\u0000" in text:
            raise HttpError(400, gettext("a text has a NUL character in it: leave it out"))
        return value
