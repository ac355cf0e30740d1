{%- from "sentinel.jinja" import vigie with context %}

watchdog_without_config:
  file.absent:
    - name: /etc/systemd/system.conf.d/vigie-watchdog.conf
