# What the citizen sees: Chromium alone on the screen, started anew whenever it ends.
{%- from "sentinel.jinja" import vigie with context %}
{%- if vigie.application.url %}
include:
  - .package
  - .config
  - .service
{%- else %}
include:
  - .clean
{%- endif %}
