# CUPS and its queues.
{%- from "sentinel.jinja" import vigie with context %}
{%- if vigie.printing.is_enabled %}
include:
  - .package
  - .service
  - .queues
{%- else %}
printing_is_off:
  service.dead:
    - name: cups
    - enable: False
    - onlyif:
      - test -e /usr/lib/systemd/system/cups.service
{%- endif %}
