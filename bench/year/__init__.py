"""A simulated year of the fleet, and the truth about every fault in it."""
