{%- from "sentinel.jinja" import vigie with context %}

include:
  - .config

updates_reload:
  module.run:
    - service.systemctl_reload: []
    - onchanges:
      - file: updates_window

updates_timer:
  service.running:
    - name: apt-daily-upgrade.timer
    - enable: True
    - watch:
      - file: updates_window
    - require:
      - module: updates_reload
