{%- from "sentinel.jinja" import vigie with context %}

minion_without_config:
  file.absent:
    - name: /etc/salt/minion.d/20-salt.conf
