# The agent: its package and version come with the release, its peripherals from the configuration.
include:
  - .config
  - .service
