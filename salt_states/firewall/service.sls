{%- from "sentinel.jinja" import vigie with context %}

include:
  - .config

firewall_service:
  service.running:
    - name: nftables
    - enable: True
    - reload: True
    - watch:
      - file: firewall_config
