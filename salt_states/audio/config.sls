{%- from "sentinel.jinja" import vigie with context %}
{%- set audio = vigie.audio %}

include:
  - .package

audio_config:
{%- if audio.output or audio.input %}
  file.managed:
    - name: /etc/asound.conf
    - source: salt://audio/files/asound.conf.jinja
    - template: jinja
    - mode: '0644'
{%- else %}
  file.absent:
    - name: /etc/asound.conf
{%- endif %}

{%- for card, control, percent in ((audio.output, 'Master', audio.output_percent),
                                   (audio.input, 'Capture', audio.input_percent)) if card %}
{%- set amixer = 'amixer --card ' ~ (card | quote) %}
# Not every card has the control; one that has it is set, and looked at before.
audio_level_{{ control }}:
  cmd.run:
    - name: {{ (amixer ~ ' --quiet sset ' ~ control ~ ' ' ~ percent ~ '% unmute') | json }}
    - onlyif: {{ (amixer ~ ' sget ' ~ control) | json }}
    - unless: {{ (amixer ~ ' sget ' ~ control ~ " | grep -qF '[" ~ percent ~ "%]'") | json }}
{%- endfor %}
