{%- from "sentinel.jinja" import vigie with context %}

# Devices keep the firmware that they have.
firmware_without_resume:
  service.disabled:
    - name: vigie-firmware-resume

firmware_without_unit:
  file.absent:
    - name: /etc/systemd/system/vigie-firmware-resume.service
    - require:
      - service: firmware_without_resume
