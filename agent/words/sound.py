"""What ails microphone, loudspeakers and handset. In French and in English."""

REASONS: dict[str, tuple[str, str]] = {}
