"""What ails printers and receipt printers. In French and in English."""

REASONS: dict[str, tuple[str, str]] = {
    "media-empty": ("plus de papier : remettez-en", "out of paper: put some in"),
    "media-needed": ("il faut du papier : remettez-en", "paper is needed: put some in"),
    "media-low": ("bientôt plus de papier : préparez-en", "paper is running out: have some ready"),
    "media-jam": (
        "bourrage papier : ouvrez l'imprimante et retirez la feuille",
        "paper jam: open the printer and take the sheet out",
    ),
    "cover-open": ("capot ouvert : refermez-le", "the cover is open: close it"),
    "door-open": ("porte ouverte : refermez-la", "a door is open: close it"),
    "interlock-open": ("un capot n'est pas bien fermé", "a cover is not quite closed"),
    "input-tray-missing": ("le bac à papier manque : remettez-le", "the paper tray is missing"),
    "output-tray-missing": ("le bac de sortie manque : remettez-le", "the output tray is missing"),
    "output-area-almost-full": (
        "le bac de sortie est presque plein : videz-le",
        "the output tray is nearly full: empty it",
    ),
    "output-area-full": ("le bac de sortie est plein : videz-le", "the output tray is full"),
    "toner-low": ("bientôt plus de toner : commandez-en", "toner is running out: order some"),
    "toner-empty": ("plus de toner : changez la cartouche", "out of toner: change the cartridge"),
    "marker-supply-low": ("bientôt plus d'encre : commandez-en", "ink is running out: order some"),
    "marker-supply-empty": (
        "plus d'encre : changez la cartouche",
        "out of ink: change the cartridge",
    ),
    "marker-supply-missing": (
        "une cartouche manque : remettez-la",
        "a cartridge is missing: put it back",
    ),
    "marker-failure": ("une cartouche est en panne : changez-la", "a cartridge has failed"),
    "marker-waste-almost-full": (
        "le bac de récupération est presque plein : commandez-en un",
        "the waste container is nearly full: order one",
    ),
    "marker-waste-full": (
        "le bac de récupération est plein : changez-le",
        "the waste container is full: change it",
    ),
    "developer-low": ("le développeur s'épuise", "the developer is running out"),
    "developer-empty": ("plus de développeur : changez-le", "out of developer: change it"),
    "opc-near-eol": ("le tambour arrive en fin de vie", "the drum nears the end of its life"),
    "opc-life-over": ("le tambour est usé : changez-le", "the drum is worn: change it"),
    "fuser-over-temp": ("le four est trop chaud : laissez refroidir", "the fuser is too hot"),
    "fuser-under-temp": ("le four ne chauffe pas : à réparer", "the fuser does not heat"),
    "spool-area-full": ("sa mémoire est pleine", "its memory is full"),
    "interpreter-resource-unavailable": (
        "elle ne comprend pas le document",
        "it does not understand the document",
    ),
    "shutdown": ("l'imprimante s'éteint", "the printer is shutting down"),
    "deactivated": ("l'imprimante est désactivée", "the printer is deactivated"),
    "offline": (
        "l'imprimante ne répond pas : allumez-la, vérifiez son câble ou son réseau",
        "the printer does not answer: switch it on, check its cable or network",
    ),
    "paused": ("en pause : relancez-la à son pupitre", "paused: resume it at its panel"),
    "moving-to-paused": ("se met en pause", "about to pause"),
    "queue-paused": (
        "la file d'impression est arrêtée : cupsenable",
        "the print queue is stopped: cupsenable",
    ),
    "not-accepting-jobs": (
        "la file d'impression refuse les documents : cupsaccept",
        "the print queue refuses documents: cupsaccept",
    ),
    "no-queue": (
        "CUPS ne connaît pas cette file d'impression : recréez-la",
        "CUPS does not know this print queue: make it again",
    ),
    "cups-down": ("le service d'impression (CUPS) est arrêté", "the print service (CUPS) is down"),
    "job-stuck": (
        "un document ne s'imprime pas : vérifiez l'imprimante, puis annulez-le",
        "a document is stuck: check the printer, then cancel it",
    ),
    "aborted-by-system": (
        "la dernière impression a échoué : essayez de nouveau",
        "the last print failed: try again",
    ),
    "cutter-jam": (
        "le massicot est bloqué : ouvrez et dégagez le papier",
        "the cutter is stuck: open it and clear the paper",
    ),
    "other": (
        "l'imprimante signale une erreur : regardez son pupitre",
        "the printer reports an error: look at its panel",
    ),
    "no-answer": (
        "branchée mais muette : allumez-la, vérifiez son câble",
        "plugged in but silent: switch it on, check its cable",
    ),
    "garbled": (
        "réponses incompréhensibles : vérifiez sa vitesse (baud)",
        "its answers make no sense: check its speed (baud)",
    ),
}
