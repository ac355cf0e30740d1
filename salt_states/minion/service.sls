{%- from "sentinel.jinja" import vigie with context %}

include:
  - .config

minion_service:
  service.enabled:
    - name: vigie-minion
    - onlyif: test -e /etc/systemd/system/vigie-minion.service -o -e /usr/lib/systemd/system/vigie-minion.service

# After this run has been told: a minion that restarts itself in the midst loses its own answer.
minion_restart:
  cmd.run:
    - name: systemd-run --quiet --collect --on-active=10 --timer-property=AccuracySec=1 /usr/bin/systemctl try-restart vigie-minion.service
    - onlyif: test -d /run/systemd/system
    - order: last
    - onchanges:
      - file: minion_config
