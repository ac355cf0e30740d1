# Names and rights for devices on USB.
include:
  - .config
