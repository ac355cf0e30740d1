"""A page's form as a browser would send it, untouched or with changes."""

from html.parser import HTMLParser

Sent = dict[str, list[str]]


class _Fields(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.sent: Sent = {}
        self._is_in = False
        self._select = self._area = ""
        self._first: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._is_in = "configure" in has.get("class", "")
        if not self._is_in:
            return
        kind, name = has.get("type", "text"), has.get("name", "")
        if tag == "input" and (kind not in ("checkbox", "radio") or "checked" in has):
            self._add(name, has.get("value", "on" if kind == "checkbox" else ""))
        elif tag == "select":
            self._select, self._first = name, None
        elif tag == "option" and self._select:
            if "selected" in has:
                self._add(self._select, has["value"])
                self._first = None
                self._select = ""
            elif self._first is None:
                self._first = has["value"]
        elif tag == "textarea":
            self._area = name
            self._add(name, "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._is_in = False
        elif tag == "select":
            if self._select and self._first is not None:
                self._add(self._select, self._first)
            self._select = ""
        elif tag == "textarea":
            self._area = ""

    def handle_data(self, data: str) -> None:
        if self._area:
            self.sent[self._area][-1] += data

    def _add(self, name: str, value: str) -> None:
        if name:
            self.sent.setdefault(name, []).append(value)


def sent(page: bytes) -> Sent:
    """What the page's configuration form sends as it is shown."""
    found = _Fields()
    found.feed(page.decode())
    return found.sent
