"""What kiosk and controller say to each other: topics, messages, commands, health. No I/O.

`RELEASE` is the version of the software, `VERSION` that of the protocol: it stands in every topic.
"""

RELEASE = "0.1.0"
VERSION = 1
