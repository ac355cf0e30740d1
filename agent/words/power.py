"""What ails the power supply and USB. In French and in English."""

REASONS: dict[str, tuple[str, str]] = {}
