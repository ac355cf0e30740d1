"""What ails screens, touch and the kiosk application. In French and in English."""

REASONS: dict[str, tuple[str, str]] = {}
