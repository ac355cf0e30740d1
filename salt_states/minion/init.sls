# The minion itself. Whom it listens to is enrolment's (vigie.conf), its manners are Salt's.
include:
  - .config
  - .service
