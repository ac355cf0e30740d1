{%- from "sentinel.jinja" import vigie with context %}

scanning_without_config:
  file.absent:
    - name: /etc/sane.d/dll.conf
