{%- from "sentinel.jinja" import vigie with context %}

include:
  - .config

time_service:
  service.enabled:
    - name: systemd-timesyncd
    - require:
      - pkg: time_package

# It does not run where the clock is another's to set, as in a container.
time_service_runs:
  service.running:
    - name: systemd-timesyncd
    - unless: systemd-detect-virt --quiet --container
    - watch:
      - file: time_config
