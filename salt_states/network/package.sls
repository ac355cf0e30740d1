{%- from "sentinel.jinja" import vigie with context %}

{%- if vigie.network.wifi %}
network_package:
  pkg.installed:
    - pkgs:
      - network-manager
      - wpasupplicant
{%- endif %}
