"""What ails barcode and card readers. In French and in English."""

REASONS: dict[str, tuple[str, str]] = {}
