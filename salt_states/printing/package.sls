{%- from "sentinel.jinja" import vigie with context %}

printing_package:
  pkg.installed:
    - pkgs:
      - cups
      - cups-daemon
      - cups-client
      - cups-filters
      - cups-ipp-utils
