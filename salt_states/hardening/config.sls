{%- from "sentinel.jinja" import vigie with context %}
{%- from "map.jinja" import managed with context %}

hardening_sysctl:
  file.managed:
    - name: /etc/sysctl.d/60-vigie.conf
    - source: salt://hardening/files/sysctl.conf
    - mode: '0644'

hardening_sysctl_applied:
  cmd.run:
    - name: /usr/sbin/sysctl --quiet --load=/etc/sysctl.d/60-vigie.conf
    - onchanges:
      - file: hardening_sysctl

hardening_banner:
  file.managed:
    - name: /etc/issue
    - contents: |
        {{ managed }}
        \n \l
    - mode: '0644'

# A citizen's stick is no part of the kiosk; a technician's can be allowed for a while.
hardening_usb_storage:
{%- if vigie.hardening.usb_storage_allowed %}
  file.absent:
    - name: /etc/modprobe.d/vigie-usb-storage.conf
{%- else %}
  file.managed:
    - name: /etc/modprobe.d/vigie-usb-storage.conf
    - contents: |
        # {{ managed }}
        install usb-storage /bin/false
        install uas /bin/false
    - mode: '0644'
{%- endif %}
