# Who may get at the machine, and how.
include:
  - .config
  - .ssh
