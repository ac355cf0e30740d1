"""Reasons in plain words, for a terminal: one file a subject."""
