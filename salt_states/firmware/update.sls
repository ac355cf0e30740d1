{%- from "sentinel.jinja" import vigie with context %}
{%- set has_hooks = salt['cp.list_master'](saltenv=saltenv, prefix='hooks/') %}
{%- set has_firmware = 'firmware/index.toml' in salt['cp.list_master'](saltenv=saltenv, prefix='firmware/') %}

include:
  - .hooks

{%- if has_hooks and has_firmware %}
firmware:
  vigie_firmware.updated:
    - name: {{ saltenv }}
    - require:
      - user: firmware_user
      - file: firmware_hooks
      - file: firmware_files
      - file: firmware_manifest.json
      - file: firmware_manifest.sig
{%- endif %}
