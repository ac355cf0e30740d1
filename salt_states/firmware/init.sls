# Firmware of peripherals, as the release brings it: it rides in rollouts, behind their gates.
include:
  - .hooks
  - .update
