"""A small Debian system of its own: its own files, processes, network and systemd."""
