"""What ails any peripheral: is it there, and the right one? In French and in English."""

REASONS: dict[str, tuple[str, str]] = {
    "not-connected": (
        "périphérique non branché : vérifiez son câble",
        "not connected: check its cable",
    ),
    "swapped": (
        "remplacé par un autre : mettez la déclaration à jour",
        "replaced by another: update its declaration",
    ),
    "moved": ("branché sur une autre prise que prévu", "plugged into another socket than declared"),
}
