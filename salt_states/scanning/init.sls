# SANE, with the backends that are used and no others: all of them take seconds to ask.
{%- from "sentinel.jinja" import vigie with context %}
{%- if vigie.scanning.is_enabled %}
include:
  - .package
  - .config
{%- else %}
scanning_is_off:
  test.nop
{%- endif %}
