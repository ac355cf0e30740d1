"""What ails a camera. In French and in English."""

REASONS: dict[str, tuple[str, str]] = {}
