"""Firmware of what is plugged in: who has which, and how it is changed by hooks that are signed.

firmware_hooks/PROTOCOL.md says what a hook is. Nothing here is loaded by the agent that runs for
years: `vigie-agent firmware` does all of it in a process of its own.
"""
