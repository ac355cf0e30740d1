{%- from "sentinel.jinja" import vigie with context %}
{%- from "map.jinja" import managed with context %}

journal_config:
  file.managed:
    - name: /etc/systemd/journald.conf.d/vigie.conf
    - makedirs: True
    - mode: '0644'
    - contents: |
        # {{ managed }}
        [Journal]
        Storage=persistent
        SystemMaxUse={{ vigie.journal.max_mb }}M
        MaxRetentionSec={{ vigie.journal.max_days }}day

journal_service:
  service.running:
    - name: systemd-journald
    - watch:
      - file: journal_config
