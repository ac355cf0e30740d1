# What only the citizen's side has: nobody logs in at its keyboard, for it has none.
{%- from "sentinel.jinja" import vigie with context %}

pvp_without_console:
  service.masked:
    - name: ctrl-alt-del.target
