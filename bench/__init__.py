"""Figures of the running software, side by side with peers in the same run."""
