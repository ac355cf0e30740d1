{%- from "sentinel.jinja" import vigie with context %}
{%- from "map.jinja" import managed with context %}

include:
  - .config

agent_log_level:
  file.managed:
    - name: /etc/systemd/system/vigie-agent.service.d/20-salt.conf
    - makedirs: True
    - mode: '0644'
    - contents: |
        # {{ managed }}
        [Service]
        Environment=VIGIE_LOG_LEVEL={{ vigie.agent.log_level }}

agent_reload:
  module.run:
    - service.systemctl_reload: []
    - onchanges:
      - file: agent_log_level

# It says itself when a configuration is wrong, and goes on with the one it has until then.
agent_config_is_good:
  cmd.run:
    - name: /usr/bin/vigie-agent config --config /etc/vigie/agent.toml
    - onlyif: test -x /usr/bin/vigie-agent
    - onchanges:
      - file: agent_config

agent_service:
  service.running:
    - name: vigie-agent
    - enable: True
    - onlyif: test -e /etc/systemd/system/vigie-agent.service -o -e /usr/lib/systemd/system/vigie-agent.service
    - watch:
      - file: agent_config
      - file: agent_log_level
    - require:
      - cmd: agent_config_is_good
      - module: agent_reload
