{%- from "sentinel.jinja" import vigie with context %}

udev_rules:
  file.managed:
    - name: /etc/udev/rules.d/70-vigie.rules
    - source: salt://udev/files/rules.jinja
    - template: jinja
    - mode: '0644'

udev_applied:
  cmd.run:
    - name: udevadm control --reload && udevadm trigger --subsystem-match=usb --subsystem-match=tty --subsystem-match=hidraw
    - onlyif: test -S /run/udev/control
    - onchanges:
      - file: udev_rules
