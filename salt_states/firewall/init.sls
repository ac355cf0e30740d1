# Nothing comes in but what is named.
include:
  - .package
  - .config
  - .service
