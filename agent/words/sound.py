"""What ails microphone, loudspeakers and handset. In French and in English."""

REASONS: dict[str, tuple[str, str]] = {
    "muted": (
        "le son est coupé : rétablissez-le dans les réglages du son",
        "the sound is muted: turn it on in the sound settings",
    ),
    "volume-zero": (
        "le volume est à zéro : montez-le dans les réglages du son",
        "the volume is at zero: turn it up in the sound settings",
    ),
    "volume-low": (
        "le volume est trop bas : montez-le dans les réglages du son",
        "the volume is too low: turn it up in the sound settings",
    ),
    "not-default": (
        "la borne utilise un autre appareil de son : choisissez celui-ci par défaut",
        "the kiosk uses another sound device: make this one the default",
    ),
    "silent": (
        "le micro ne donne aucun son : débranchez-le et rebranchez-le, sinon remplacez-le",
        "the microphone gives no sound at all: unplug it and plug it in again, or replace it",
    ),
    "tone-not-heard": (
        "le micro n'entend pas les haut-parleurs : vérifiez qu'ils sont allumés et branchés",
        "the microphone does not hear the loudspeakers: check that they are on and plugged in",
    ),
    "not-confidential": (
        "combiné décroché, mais les haut-parleurs restent audibles : coupez-les",
        "the handset is lifted, but the loudspeakers can still be heard: mute them",
    ),
}
