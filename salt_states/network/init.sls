# Wireless networks beside the cable; the cable is Debian's own.
include:
  - .package
  - .config
