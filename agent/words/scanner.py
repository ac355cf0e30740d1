"""What ails a scanner. In French and in English."""

REASONS: dict[str, tuple[str, str]] = {}
