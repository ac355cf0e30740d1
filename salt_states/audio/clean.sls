{%- from "sentinel.jinja" import vigie with context %}

audio_without_config:
  file.absent:
    - name: /etc/asound.conf
