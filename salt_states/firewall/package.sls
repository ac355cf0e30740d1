{%- from "sentinel.jinja" import vigie with context %}

firewall_package:
  pkg.installed:
    - name: nftables
