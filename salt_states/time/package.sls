{%- from "sentinel.jinja" import vigie with context %}

time_package:
  pkg.installed:
    - pkgs:
      - systemd-timesyncd
      - tzdata
