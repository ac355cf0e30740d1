{%- from "sentinel.jinja" import vigie with context %}
{%- from "map.jinja" import managed with context %}

include:
  - .package

time_config:
  file.managed:
    - name: /etc/systemd/timesyncd.conf.d/vigie.conf
    - makedirs: True
    - mode: '0644'
    - contents: |
        # {{ managed }}
        [Time]
        NTP={{ vigie.time.servers | join(' ') }}
    - require:
      - pkg: time_package

time_zone:
  timezone.system:
    - name: {{ vigie.time.zone }}
    - utc: True
    - require:
      - pkg: time_package
