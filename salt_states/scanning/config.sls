{%- from "sentinel.jinja" import vigie with context %}
{%- from "map.jinja" import managed with context %}

include:
  - .package

scanning_config:
  file.managed:
    - name: /etc/sane.d/dll.conf
    - mode: '0644'
    - contents:
      - '# {{ managed }}'
{%- for backend in vigie.scanning.backends %}
      - {{ backend }}
{%- endfor %}
    - require:
      - pkg: scanning_package
