# How much the machine remembers.
include:
  - .config
