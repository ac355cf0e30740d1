# The hardware restarts a machine whose system hangs.
include:
  - .config
