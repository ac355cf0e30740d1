{%- from "sentinel.jinja" import vigie with context %}
{%- from "map.jinja" import map, managed with context %}
{%- set application = vigie.application %}

include:
  - .package

application_user:
  user.present:
    - name: {{ application.user }}
    - shell: /usr/sbin/nologin
    - home: /var/lib/{{ application.user }}
    - usergroup: True
    - groups: [audio, video, input, render]
    - optional_groups: [plugdev]
    - remove_groups: True

application_policies:
  file.managed:
    - name: /etc/chromium/policies/managed/vigie.json
    - source: salt://application/files/policies.json.jinja
    - template: jinja
    - makedirs: True
    - mode: '0644'

application_unit:
  file.managed:
    - name: /etc/systemd/system/vigie-application.service
    - source: salt://application/files/application.service.jinja
    - template: jinja
    - context:
        session: {{ map.session }}
        chromium: {{ map.chromium }}
    - mode: '0644'
    - require:
      - user: application_user

application_restart_unit:
  file.managed:
    - name: /etc/systemd/system/vigie-application-restart.service
    - mode: '0644'
    - contents: |
        # {{ managed }}
        [Unit]
        Description=Begin the kiosk's application anew
        [Service]
        Type=oneshot
        ExecStart=/usr/bin/systemctl try-restart vigie-application.service

application_restart_timer:
{%- if application.restart_at %}
  file.managed:
    - name: /etc/systemd/system/vigie-application-restart.timer
    - mode: '0644'
    - contents: |
        # {{ managed }}
        [Timer]
        OnCalendar={{ application.restart_at }}
        [Install]
        WantedBy=timers.target
{%- else %}
  file.absent:
    - name: /etc/systemd/system/vigie-application-restart.timer
{%- endif %}
