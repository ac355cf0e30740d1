{%- from "sentinel.jinja" import vigie with context %}
{%- from "map.jinja" import managed with context %}

minion_config:
  file.managed:
    - name: /etc/salt/minion.d/20-salt.conf
    - makedirs: True
    - mode: '0644'
    - contents: |
        # {{ managed }}
        log_level: {{ vigie.minion.log_level }}
        log_level_logfile: quiet
