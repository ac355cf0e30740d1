{%- from "sentinel.jinja" import vigie with context %}
{%- for name in ('/etc/sysctl.d/60-vigie.conf', '/etc/modprobe.d/vigie-usb-storage.conf',
                 '/etc/ssh/sshd_config.d/10-vigie.conf', '/etc/ssh/vigie_authorized_keys') %}
hardening_without_{{ name }}:
  file.absent:
    - name: {{ name }}
{%- endfor %}
