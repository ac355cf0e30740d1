{%- from "sentinel.jinja" import vigie with context %}
{%- from "map.jinja" import managed with context %}

watchdog_config:
{%- if vigie.watchdog.is_enabled %}
  file.managed:
    - name: /etc/systemd/system.conf.d/vigie-watchdog.conf
    - makedirs: True
    - mode: '0644'
    - contents: |
        # {{ managed }}
        [Manager]
        RuntimeWatchdogSec={{ vigie.watchdog.timeout_s }}
        RebootWatchdogSec=10min
{%- else %}
  file.absent:
    - name: /etc/systemd/system.conf.d/vigie-watchdog.conf
{%- endif %}

watchdog_applied:
  cmd.run:
    - name: systemctl daemon-reexec
    - onchanges:
      - file: watchdog_config
