{%- from "sentinel.jinja" import vigie with context %}
{%- from "map.jinja" import map with context %}

application_package:
  pkg.installed:
    - pkgs:
      - {{ map.chromium }}
      - {{ map.session }}
      - fonts-dejavu-core
