"""What templates say of the configuration: `{% load configuration %}`."""

from django import template

from controller.web import configuration_words as words
from controller.web.words import word

register = template.Library()
register.filter("configuration_problem", words.told)


@register.filter
def configuration_section(key: str) -> str:
    """A section's name."""
    return word(words.SECTION, key)


@register.filter
def configuration_about(key: str) -> str:
    """What a section is about, in one sentence."""
    return word(words.ABOUT, key)
