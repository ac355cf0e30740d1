"""What needs somebody: rules over what is known of the fleet, and the life of each alert."""
