{%- from "sentinel.jinja" import vigie with context %}

scanning_package:
  pkg.installed:
    - pkgs:
      - sane-utils
{%- if 'airscan' in vigie.scanning.backends %}
      - sane-airscan
{%- endif %}
