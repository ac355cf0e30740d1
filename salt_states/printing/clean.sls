{%- from "sentinel.jinja" import vigie with context %}
{%- for name in vigie.printing.queues | sort %}
printing_without_{{ name }}:
  vigie_printer.queue_absent:
    - name: {{ name }}
{%- endfor %}
printing_clean_done:
  test.nop
