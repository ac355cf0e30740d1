"""Telling people: from what happened to an alert to a message that arrived, step by step."""
