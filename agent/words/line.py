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
    "connection-refused": (
        "le service de visio refuse la connexion : prévenez son exploitant",
        "the video service refuses the connection: tell its operator",
    ),
    "unreachable": (
        "le service de visio ne répond pas : ligne filtrée, ou service en panne",
        "the video service does not answer: the line is filtered, or the service is down",
    ),
    "tls-expired": (
        "le certificat du service de visio a expiré : prévenez son exploitant",
        "the video service's certificate has expired: tell its operator",
    ),
    "tls-not-yet-valid": (
        "le certificat du service n'est pas encore valable : la borne est-elle à l'heure ?",
        "the service's certificate is not yet valid: is this kiosk's clock right?",
    ),
    "tls-untrusted": (
        "le certificat du service de visio n'est pas digne de confiance : ligne interceptée ?",
        "the video service's certificate cannot be trusted: is the line intercepted?",
    ),
    "tls-failed": (
        "la connexion chiffrée au service de visio échoue",
        "the encrypted connection to the video service fails",
    ),
    "dns-slow": (
        "les serveurs de noms (DNS) sont lents à répondre",
        "the name servers (DNS) are slow to answer",
    ),
    "captive-portal": (
        "un portail d'accès intercepte la ligne : acceptez ses conditions, ou changez de réseau",
        "a hotspot's portal intercepts the line: accept its terms, or use another network",
    ),
    "signal-low": (
        "le signal radio est faible : rapprochez l'antenne ou le point d'accès",
        "the radio signal is weak: bring the antenna or the access point closer",
    ),
    "not-associated": (
        "pas relié au point d'accès Wi-Fi : vérifiez le nom du réseau et sa clé",
        "not connected to the Wi-Fi access point: check the network's name and key",
    ),
    "radio-off": (
        "la radio est coupée : vérifiez l'interrupteur ou le mode avion",
        "the radio is off: check its switch or the flight mode",
    ),
    "sim-missing": ("pas de carte SIM dans le modem", "no SIM card in the modem"),
    "sim-locked": (
        "la carte SIM attend son code PIN ou PUK",
        "the SIM card waits for its PIN or PUK",
    ),
    "not-registered": (
        "le modem n'est sur aucun réseau mobile : couverture, abonnement ?",
        "the modem is on no mobile network: coverage, subscription?",
    ),
    "modem-failed": (
        "le modem est en panne : débranchez-le et rebranchez-le",
        "the modem has failed: unplug it and plug it in again",
    ),
}
