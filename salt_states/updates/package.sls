{%- from "sentinel.jinja" import vigie with context %}

updates_package:
  pkg.installed:
    - name: unattended-upgrades
