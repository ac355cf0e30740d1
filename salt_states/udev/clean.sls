{%- from "sentinel.jinja" import vigie with context %}

udev_without_rules:
  file.absent:
    - name: /etc/udev/rules.d/70-vigie.rules
