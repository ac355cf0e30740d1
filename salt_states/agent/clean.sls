{%- from "sentinel.jinja" import vigie with context %}

agent_without_log_level:
  file.absent:
    - name: /etc/systemd/system/vigie-agent.service.d/20-salt.conf
