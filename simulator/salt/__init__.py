"""A Salt master made of software, with the fleet's minions, behind the API of a real one."""
