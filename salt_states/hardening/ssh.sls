{%- from "sentinel.jinja" import vigie with context %}
{%- from "map.jinja" import managed with context %}
{%- set hardening = vigie.hardening %}

{%- if hardening.is_ssh_enabled %}
ssh_package:
  pkg.installed:
    - name: openssh-server

ssh_config:
  file.managed:
    - name: /etc/ssh/sshd_config.d/10-vigie.conf
    - source: salt://hardening/files/sshd.conf
    - makedirs: True
    - mode: '0644'
    - require:
      - pkg: ssh_package

ssh_keys:
  file.managed:
    - name: /etc/ssh/vigie_authorized_keys
    - contents:
      - '# {{ managed }}'
{%- for name, key in hardening.ssh_keys | dictsort %}
      - {{ (key ~ ' ' ~ name) | yaml_dquote }}
{%- endfor %}
    - mode: '0644'
    - require:
      - pkg: ssh_package

ssh_service:
  service.running:
    - name: ssh
    - enable: True
    - watch:
      - file: ssh_config
{%- else %}
ssh_service:
  service.dead:
    - name: ssh
    - enable: False
    - onlyif:
      - test -e /usr/lib/systemd/system/ssh.service
{%- endif %}
