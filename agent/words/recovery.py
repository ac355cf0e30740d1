"""What was tried on a peripheral, and by whom it must be mended now. In French and in English."""

REASONS: dict[str, tuple[str, str]] = {
    "needs-a-human": (
        "la borne n'a pas pu le remettre en marche seule : appelez le support",
        "the kiosk could not mend it by itself: call for support",
    ),
}
