"""What ails the way to the controller and to the other end. In French and in English."""

REASONS: dict[str, tuple[str, str]] = {
    "no-carrier": (
        "pas de signal sur la ligne : vérifiez le câble et la box",
        "no signal on the line: check the cable and the router",
    ),
    "no-route": (
        "aucune route vers le contrôleur : vérifiez l'adresse et la passerelle",
        "no route to the controller: check the address and the gateway",
    ),
    "name-not-resolved": (
        "le nom du contrôleur n'est pas résolu : vérifiez les serveurs DNS",
        "the controller's name is not resolved: check the DNS servers",
    ),
    "not-enrolled": (
        "cette borne ne connaît pas encore de contrôleur : vigie-agent enrol",
        "this kiosk does not know a controller yet: vigie-agent enrol",
    ),
    "no-echo": (
        "le contrôleur ne répond à aucune mesure : ligne filtrée ou coupée",
        "the controller answers no measurement: the line is filtered or down",
    ),
    "rtt-high": ("la ligne est lente à répondre", "the line is slow to answer"),
    "jitter-high": ("le délai de la ligne varie trop", "the line's delay varies too much"),
    "loss-high": ("la ligne perd des paquets", "the line loses packets"),
    "interface-errors": (
        "une interface réseau reçoit des erreurs : vérifiez le câble",
        "a network interface has errors: check the cable",
    ),
}
