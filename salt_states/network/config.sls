{%- from "sentinel.jinja" import vigie with context %}
{%- set folder = '/etc/NetworkManager/system-connections' %}

include:
  - .package

{%- for name, wifi in vigie.network.wifi | dictsort %}
network_wifi_{{ name }}:
  file.managed:
    - name: {{ folder }}/vigie-{{ name }}.nmconnection
    - source: salt://network/files/wifi.nmconnection.jinja
    - template: jinja
    - context:
        name: {{ name }}
    - mode: '0600'
    - makedirs: True
    - dir_mode: '0700'
    - show_changes: False
    - require:
      - pkg: network_package
{%- endfor %}

{#- One that is configured no more must not be joined any more. #}
{%- for path in salt['file.find'](folder, type='f', name='vigie-*.nmconnection', maxdepth=1) or [] %}
{%- set name = path.split('/')[-1][6:-13] %}
{%- if name not in vigie.network.wifi %}
network_without_{{ name }}:
  file.absent:
    - name: {{ path }}
{%- endif %}
{%- endfor %}
