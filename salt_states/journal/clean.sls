{%- from "sentinel.jinja" import vigie with context %}

journal_without_config:
  file.absent:
    - name: /etc/systemd/journald.conf.d/vigie.conf
