{%- from "sentinel.jinja" import vigie with context %}

updates_without_config:
  file.absent:
    - name: /etc/apt/apt.conf.d/52vigie

updates_without_window:
  file.absent:
    - name: /etc/systemd/system/apt-daily-upgrade.timer.d/vigie.conf
