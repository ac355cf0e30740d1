"""The commands that speak to a controller over the network, by its API."""

import argparse
import os

from controller.remote import acts, alerts, configuration, fleet, login, system
from controller.remote.words import Adder

GROUPS = (login, fleet, alerts, acts, configuration, system)


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add them all to the command line."""
    adder = Adder(subparsers, os.environ)
    for group in GROUPS:
        group.register(adder)
