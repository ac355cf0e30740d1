"""What ails a camera. In French and in English."""

REASONS: dict[str, tuple[str, str]] = {
    "black": (
        "l'image est noire : vérifiez le cache de la caméra et l'éclairage, puis rebranchez-la",
        "the picture is black: check the camera's lens cover and the light, then replug it",
    ),
    "single-colour": (
        "l'image n'a qu'une seule couleur : débranchez puis rebranchez la caméra",
        "the picture is of one colour: unplug the camera and plug it in again",
    ),
    "frozen": (
        "l'image est figée : débranchez puis rebranchez la caméra",
        "the picture is frozen: unplug the camera and plug it in again",
    ),
    "no-frames": (
        "la caméra est allumée mais n'envoie pas d'image : débranchez-la puis rebranchez-la",
        "the camera is there but sends no picture: unplug it and plug it in again",
    ),
    "device-busy": (
        "un autre programme occupe la caméra hors de tout entretien : redémarrez la borne",
        "another program holds the camera outside of any visit: restart the kiosk",
    ),
    "cannot-open": (
        "la caméra ne s'ouvre pas : débranchez-la puis rebranchez-la",
        "the camera cannot be opened: unplug it and plug it in again",
    ),
    "access-denied": (
        "l'agent n'a pas le droit d'ouvrir l'appareil : prévenez le service technique",
        "the agent may not open the device: call the technician",
    ),
    "no-capture": (
        "cet appareil vidéo ne donne pas d'image : prévenez le service technique",
        "this video device gives no picture: call the technician",
    ),
    "no-format": (
        "la caméra ne propose aucun format d'image : débranchez-la puis rebranchez-la",
        "the camera offers no picture format: unplug it and plug it in again",
    ),
}
