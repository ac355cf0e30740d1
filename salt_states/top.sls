{#- The environment is the release: its name is the key, quoted, for 2026.12 is a number. Kinds differ in what stands on the desk. #}
{#- A top file that refuses is told as if there were none: each state refuses for itself. #}
'{{ saltenv }}':
  '*':
    - hardening
    - journal
    - time
    - updates
    - watchdog
    - network
    - firewall
    - udev
    - audio
    - printing
    - scanning
    - application
    - agent
    - minion
    - firmware
{%- if pillar.get('vigie', {}).get('kind') == 'expert' %}
    - expert
{%- else %}
    - pvp
{%- endif %}
