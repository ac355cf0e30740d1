{%- from "sentinel.jinja" import vigie with context %}

include:
  - .service

{%- for name, queue in vigie.printing.queues | dictsort %}
printing_queue_{{ name }}:
  vigie_printer.queue_present:
    - name: {{ name }}
    - uri: {{ queue.uri | yaml_dquote }}
    - driver: {{ queue.driver | yaml_dquote }}
    - description: {{ queue.description | yaml_dquote }}
    - is_default: {{ queue.is_default }}
    - options: {{ queue.options | json }}
    - require:
      - service: printing_service
{%- endfor %}
printing_queues_done:
  test.nop
