"""The demonstration: broker, controller, a real agent on this machine and a simulated fleet.

It knows the controller and the agent only by their commands and the HTTP API, as a person would.
"""
