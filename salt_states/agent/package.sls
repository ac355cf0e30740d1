{%- from "sentinel.jinja" import vigie with context %}
{%- set is_signed = salt['cp.list_master'](saltenv=saltenv, prefix='manifest.sig') %}
{%- set has_agent = salt['cp.list_master'](saltenv=saltenv, prefix='packages/') %}
{%- set units = '/opt/vigie/agent/current/units/' %}

{%- if is_signed and has_agent %}
agent_package:
  vigie_agent.installed:
    - name: {{ saltenv }}
    - limit_s: 300

# Units come with the version: the guard, and what starts the current one instead of /usr/bin's.
{%- for unit in ('vigie-agent.service', 'vigie-agent.service.d/versions.conf',
                 'vigie-agent-guard.service', 'vigie-agent-guard.timer') %}
agent_unit_{{ unit }}:
  file.managed:
    - name: /etc/systemd/system/{{ unit }}
    - source: {{ units }}{{ unit }}
    - makedirs: True
    - mode: '0644'
    - require:
      - vigie_agent: agent_package
    - onchanges_in:
      - module: agent_units_reload
{%- endfor %}

agent_units_reload:
  module.run:
    - service.systemctl_reload: []

agent_guard:
  service.running:
    - name: vigie-agent-guard.timer
    - enable: True
    - require:
      - module: agent_units_reload
{%- endif %}
