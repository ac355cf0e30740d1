"""The region's side: hears the fleet, shows it, and acts on it."""
