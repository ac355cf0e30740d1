# Security updates of the system, within the maintenance window and never outside.
include:
  - .package
  - .config
  - .service
