"""What ails microphone, loudspeakers and handset. In French and in English."""

REASONS: dict[str, tuple[str, str]] = {
    "muted": (
        "le son est coupé : rétablissez-le (bouton ou mélangeur)",
        "muted: switch its sound on (a button, or the mixer)",
    ),
    "volume-zero": (
        "le volume est à zéro : montez-le",
        "the volume is at zero: turn it up",
    ),
    "volume-low": (
        "le volume est bas : montez-le",
        "the volume is low: turn it up",
    ),
    "not-default": (
        "les programmes utilisent une autre carte son : vérifiez /etc/asound.conf",
        "programs use another sound card: check /etc/asound.conf",
    ),
    "silent": (
        "le micro n'entend pas le haut-parleur : vérifiez leurs câbles et leurs volumes",
        "the microphone does not hear the loudspeaker: check their cables and volumes",
    ),
    "not-confidential": (
        "combiné décroché, et les haut-parleurs sonnent : l'entretien s'entend dans la pièce",
        "the handset is lifted and the loudspeakers sound: the whole room hears the meeting",
    ),
}
