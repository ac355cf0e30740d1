{%- from "sentinel.jinja" import vigie with context %}

include:
  - .config

application_reload:
  module.run:
    - service.systemctl_reload: []
    - onchanges:
      - file: application_unit
      - file: application_restart_unit
      - file: application_restart_timer

# It has a screen to itself, or nothing to run on: a kiosk without one has it enabled all the same.
application_service:
  service.enabled:
    - name: vigie-application
    - require:
      - module: application_reload

application_service_runs:
  service.running:
    - name: vigie-application
    - onlyif: test -e /dev/dri
    - watch:
      - file: application_unit
      - file: application_policies

{%- if vigie.application.restart_at %}
application_timer:
  service.running:
    - name: vigie-application-restart.timer
    - enable: True
    - watch:
      - file: application_restart_timer
    - require:
      - module: application_reload
{%- endif %}
