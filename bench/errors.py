"""What can go wrong in a bench.

BenchError      a figure cannot be had on this machine, or not just now
"""


class BenchError(Exception):
    """Why a figure could not be measured, in one sentence."""
