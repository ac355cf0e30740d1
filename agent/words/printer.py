"""What ails printers and receipt printers. In French and in English."""

REASONS: dict[str, tuple[str, str]] = {}
