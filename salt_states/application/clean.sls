{%- from "sentinel.jinja" import vigie with context %}

application_without_service:
  service.dead:
    - name: vigie-application
    - enable: False
    - onlyif:
      - test -e /etc/systemd/system/vigie-application.service

application_without_timer:
  service.dead:
    - name: vigie-application-restart.timer
    - enable: False
    - onlyif:
      - test -e /etc/systemd/system/vigie-application-restart.timer

{%- for path in ('/etc/systemd/system/vigie-application.service',
                 '/etc/systemd/system/vigie-application-restart.service',
                 '/etc/systemd/system/vigie-application-restart.timer',
                 '/etc/chromium/policies/managed/vigie.json') %}
application_without_{{ loop.index }}:
  file.absent:
    - name: {{ path }}
    - require:
      - service: application_without_service
      - service: application_without_timer
{%- endfor %}
