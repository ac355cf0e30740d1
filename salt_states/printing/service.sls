{%- from "sentinel.jinja" import vigie with context %}

include:
  - .package

printing_service:
  service.running:
    - name: cups
    - enable: True
    - require:
      - pkg: printing_package
