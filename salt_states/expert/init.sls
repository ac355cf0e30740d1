# What only the public service's side has.
{%- from "sentinel.jinja" import vigie with context %}

expert_with_console:
  service.unmasked:
    - name: ctrl-alt-del.target
