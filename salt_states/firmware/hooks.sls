{%- from "sentinel.jinja" import vigie with context %}
{%- set home = '/opt/vigie/releases/' ~ saltenv %}
{%- set is_signed = salt['cp.list_master'](saltenv=saltenv, prefix='manifest.sig') %}
{%- set has_hooks = salt['cp.list_master'](saltenv=saltenv, prefix='hooks/') %}
{%- set has_firmware = 'firmware/index.toml' in salt['cp.list_master'](saltenv=saltenv, prefix='firmware/') %}

# Whom hooks run as: nobody in particular. The group of a device's node is added for its turn.
firmware_user:
  user.present:
    - name: vigie-firmware
    - system: True
    - usergroup: True
    - home: /nonexistent
    - createhome: False
    - shell: /usr/sbin/nologin

# An update that a power cut ended is put to rights at the next start.
firmware_resume:
  file.managed:
    - name: /etc/systemd/system/vigie-firmware-resume.service
    - source: salt://firmware/files/vigie-firmware-resume.service
    - mode: '0644'

firmware_resume_enabled:
  service.enabled:
    - name: vigie-firmware-resume
    - require:
      - file: firmware_resume

{%- if is_signed and has_hooks %}
# What counts is the signature, which the agent looks at each time: these are only carried.
{%- for name in ('manifest.json', 'manifest.sig') %}
firmware_{{ name }}:
  file.managed:
    - name: {{ home }}/{{ name }}
    - source: salt://{{ name }}
    - makedirs: True
    - mode: '0644'
    - show_changes: False
{%- endfor %}

firmware_hooks:
  file.recurse:
    - name: {{ home }}/hooks
    - source: salt://hooks
    - clean: True
    - file_mode: keep
    - dir_mode: '0755'
{%- endif %}

{%- if is_signed and has_firmware %}
firmware_files:
  file.recurse:
    - name: {{ home }}/firmware
    - source: salt://firmware
    # Of the environment's two folders of this name: not the states.
    - exclude_pat: 'E@(^files/|\.sls$)'
    - clean: True
    - file_mode: '0644'
    - dir_mode: '0755'
{%- endif %}
