"""Programs of our own that live for a moment: what they load and hold is given back when they end.

Each is run by the agent's interpreter, apart from everything else, and needs little beside the
standard library. It prints one JSON object.
"""
