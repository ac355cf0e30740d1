{%- from "sentinel.jinja" import vigie with context %}

firewall_without_service:
  service.dead:
    - name: nftables
    - enable: False
