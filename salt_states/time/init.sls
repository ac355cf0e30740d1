# The clock: systemd-timesyncd, which a kiosk needs no more than.
include:
  - .package
  - .config
  - .service
