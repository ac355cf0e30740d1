{%- from "sentinel.jinja" import vigie with context %}

# What enrolment wrote above stays; only what stands between the marks is Salt's.
agent_config:
  file.blockreplace:
    - name: /etc/vigie/agent.toml
    - marker_start: '# --- written by Salt from here: edit the configuration at the controller'
    - marker_end: '# --- written by Salt up to here'
    - source: salt://agent/files/peripherals.toml.jinja
    - template: jinja
    - append_if_not_found: True
    - onlyif: test -e /etc/vigie/agent.toml
