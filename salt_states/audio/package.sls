{%- from "sentinel.jinja" import vigie with context %}

{%- if vigie.audio.output or vigie.audio.input %}
audio_package:
  pkg.installed:
    - name: alsa-utils
{%- endif %}
