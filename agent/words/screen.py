"""What ails screens, touch and the kiosk application. In French and in English."""

REASONS: dict[str, tuple[str, str]] = {
    "touch-off": (
        "l'écran tactile est désactivé par le système : redémarrez la borne",
        "touch is switched off by the system: restart the kiosk",
    ),
    "off": (
        "l'écran est en veille pendant les heures d'ouverture : réveillez-le",
        "the screen is asleep during opening hours: wake it up",
    ),
    "no-signal": (
        "aucune image n'est envoyée à cet écran : redémarrez la borne",
        "no picture is sent to this screen: restart the kiosk",
    ),
    "wrong-mode": (
        "l'écran n'affiche pas la définition prévue : vérifiez son câble, puis redémarrez",
        "the screen does not show the declared resolution: check its cable, then restart",
    ),
    "off-when-closed": (
        "éteint en dehors des heures d'ouverture, comme prévu",
        "switched off outside of opening hours, as planned",
    ),
    "not-running": (
        "l'application de la borne ne tourne pas : redémarrez la borne",
        "the kiosk application does not run: restart the kiosk",
    ),
    "restart-loop": (
        "l'application de la borne redémarre sans cesse : prévenez le service technique",
        "the kiosk application keeps stopping and restarting: call the technician",
    ),
    "no-heartbeat": (
        "la page de la borne ne s'est pas chargée : vérifiez le réseau, puis redémarrez la borne",
        "the kiosk's page has not loaded: check the network, then restart the kiosk",
    ),
    "page-frozen": (
        "la page de la borne est figée : redémarrez la borne",
        "the kiosk's page is frozen: restart the kiosk",
    ),
    "black": (
        "rien ne s'affiche plus à l'écran : redémarrez la borne",
        "nothing is painted on the screen any more: restart the kiosk",
    ),
    "page-hidden": (
        "la page de la borne est cachée par une autre fenêtre",
        "the kiosk's page is hidden by another window",
    ),
}
