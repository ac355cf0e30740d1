{%- from "sentinel.jinja" import vigie with context %}
{%- set folder = '/etc/NetworkManager/system-connections' %}
{%- for path in salt['file.find'](folder, type='f', name='vigie-*.nmconnection', maxdepth=1) or [] %}
network_clean_{{ loop.index }}:
  file.absent:
    - name: {{ path }}
{%- endfor %}
network_clean_done:
  test.nop
