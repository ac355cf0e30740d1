"""Form fields for lengths of time and sizes, typed as people say them: `1 h 30`, `500 KB`."""

import re
from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from controller.web.measures import duration, size

_SECONDS: Mapping[str, int] = {
    "s": 1,
    "sec": 1,
    "min": 60,
    "mn": 60,
    "h": 3600,
    "d": 86_400,
    "j": 86_400,
}
_BYTES: Mapping[str, int] = {
    "": 1,
    "b": 1,
    "o": 1,
    "kb": 1000,
    "ko": 1000,
    "mb": 1_000_000,
    "mo": 1_000_000,
}
_PART = re.compile(r"(\d+(?:[.,]\d+)?)\s*([a-z]*)\s*")


def seconds(text: str) -> int | None:
    """The length that `text` says, in seconds; None when it says none.

    >>> seconds("1 h 30"), seconds("2 j"), seconds("90 s"), seconds("5"), seconds("soon")
    (5400, 172800, 90, 300, None)

    A number without its unit is minutes: what is finer is rarely meant.
    """
    if not re.fullmatch(rf"(?:{_PART.pattern})+", plain := text.strip().lower()):
        return None
    total = 0.0
    for amount, unit in _PART.findall(plain):
        if (unit or "min") not in _SECONDS:
            return None
        total += float(amount.replace(",", ".")) * _SECONDS[unit or "min"]
    return round(total)


def size_bytes(text: str) -> int | None:
    """The size that `text` says, in bytes; None when it says none.

    >>> size_bytes("500 Ko"), size_bytes("1,5 MB"), size_bytes("big")
    (500000, 1500000, None)
    """
    found = _PART.fullmatch(text.strip().lower())
    if found is None or found[2] not in _BYTES:
        return None
    return round(float(found[1].replace(",", ".")) * _BYTES[found[2]])


class _Amount(forms.CharField):
    """An amount between two bounds, in its smallest unit once it is read."""

    def __init__(self, *, least: int = 0, most: int, **options: Any) -> None:
        self._least, self._most = least, most
        super().__init__(max_length=40, **options)
        self.widget.attrs |= {"autocomplete": "off", "class": "short"}

    def read(self, text: str) -> int | None:
        raise NotImplementedError

    def said(self, amount: int) -> str:
        raise NotImplementedError

    def example(self) -> str:
        raise NotImplementedError

    def prepare_value(self, value: object) -> object:
        return self.said(value) if isinstance(value, int) else value

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        amount = self.read(text)
        if amount is None:
            raise forms.ValidationError(
                _("“%(typed)s” is not understood: write it like “%(example)s”."),
                params={"typed": text, "example": self.example()},
            )
        if not self._least <= amount <= self._most:
            raise forms.ValidationError(
                _("It must be from %(least)s to %(most)s."),
                params={"least": self.said(self._least), "most": self.said(self._most)},
            )
        return amount


class LengthField(_Amount):
    """A length of time, in seconds."""

    def read(self, text: str) -> int | None:
        return seconds(text)

    def said(self, amount: int) -> str:
        return duration(amount).replace("\u00a0", " ")

    def example(self) -> str:
        return _("10 min")


class SizeField(_Amount):
    """A size, in bytes."""

    def read(self, text: str) -> int | None:
        return size_bytes(text)

    def said(self, amount: int) -> str:
        return size(amount).replace("\u00a0", " ")

    def example(self) -> str:
        return _("500 KB")
