{%- from "sentinel.jinja" import vigie with context %}

time_without_config:
  file.absent:
    - name: /etc/systemd/timesyncd.conf.d/vigie.conf
