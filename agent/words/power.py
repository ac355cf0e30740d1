"""What ails the power supply and USB. In French and in English."""

REASONS: dict[str, tuple[str, str]] = {
    "on-battery": (
        "plus de courant du secteur : la borne vit sur sa batterie ; vérifiez la prise",
        "no mains power: the kiosk lives on its battery; check the socket",
    ),
    "battery-low": (
        "la batterie est presque vide : la borne va s'éteindre si le courant ne revient pas",
        "the battery is nearly empty: the kiosk will go out unless power comes back",
    ),
    "battery-replace": (
        "la batterie de l'onduleur est usée : à remplacer",
        "the battery of the UPS is worn out: replace it",
    ),
    "overload": (
        "trop d'appareils sont branchés sur l'onduleur : débranchez-en",
        "too many devices are plugged into the UPS: unplug some",
    ),
    "ups-off": (
        "l'onduleur est éteint : rallumez-le",
        "the UPS is switched off: switch it on",
    ),
    "bypass": (
        "l'onduleur est contourné : il ne protège plus d'une coupure",
        "the UPS is bypassed: it no longer protects from a power cut",
    ),
    "nut-down": (
        "le service de l'onduleur (NUT) ne répond pas : rien n'est su de l'onduleur",
        "the UPS service (NUT) does not answer: nothing is known of the UPS",
    ),
    "undervoltage": (
        "l'alimentation électrique est trop faible : changez le bloc d'alimentation ou son câble",
        "the supply voltage is too low: replace the power supply or its cable",
    ),
    "over-current": (
        "un appareil USB a demandé trop de courant : débranchez-le",
        "a USB device drew too much current: unplug it",
    ),
    "unexpected-storage": (
        "une clé ou un disque USB inconnu est branché : retirez-le",
        "an unknown USB stick or disk is plugged in: remove it",
    ),
}
