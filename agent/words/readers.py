"""What ails barcode and card readers. In French and in English."""

REASONS: dict[str, tuple[str, str]] = {
    "other-mode": (
        "le lecteur est dans un autre mode que prévu : scannez le code de réglage de sa notice",
        "the reader is in another mode than declared: scan the setup code of its manual",
    ),
    "pcscd-down": (
        "le service des lecteurs de cartes (pcscd) ne répond pas : redémarrez-le",
        "the card readers' service (pcscd) does not answer: restart it",
    ),
}
