{%- from "sentinel.jinja" import vigie with context %}
{%- from "map.jinja" import managed with context %}
{%- set is_on = '1' if vigie.updates.is_enabled else '0' %}
{%- set days = {'Mo': 'Mon', 'Tu': 'Tue', 'We': 'Wed', 'Th': 'Thu', 'Fr': 'Fri', 'Sa': 'Sat', 'Su': 'Sun'} %}

include:
  - .package

updates_config:
  file.managed:
    - name: /etc/apt/apt.conf.d/52vigie
    - mode: '0644'
    - contents: |
        // {{ managed }}
        APT::Periodic::Update-Package-Lists "{{ is_on }}";
        APT::Periodic::Unattended-Upgrade "{{ is_on }}";
        Unattended-Upgrade::Automatic-Reboot "{{ 'true' if vigie.updates.may_reboot else 'false' }}";
        Unattended-Upgrade::Automatic-Reboot-Time "now";
    - require:
      - pkg: updates_package

# Debian's timer wakes at six and may wait for hours: a kiosk is worked on in its window.
updates_window:
  file.managed:
    - name: /etc/systemd/system/apt-daily-upgrade.timer.d/vigie.conf
    - makedirs: True
    - mode: '0644'
    - contents: |
        # {{ managed }}
        [Timer]
        OnCalendar=
        OnCalendar={% for day in vigie.maintenance.days %}{{ days[day] }}{{ ',' if not loop.last }}{% endfor %} {{ vigie.maintenance.start }}
        RandomizedDelaySec=20min
        Persistent=false
