"""What ails printers and receipt printers. In French and in English."""

REASONS: dict[str, tuple[str, str]] = {
    "media-empty": ("il n'y a plus de papier : remettez-en", "out of paper: put some in"),
    "media-needed": ("l'imprimante attend du papier", "the printer waits for paper"),
    "media-low": ("il reste peu de papier : préparez-en", "almost out of paper: have some ready"),
    "media-jam": (
        "bourrage : ouvrez l'imprimante et retirez la feuille coincée",
        "paper jam: open the printer and take out the sheet that is stuck",
    ),
    "cover-open": ("un capot est ouvert : fermez-le", "a cover is open: close it"),
    "door-open": ("une porte est ouverte : fermez-la", "a door is open: close it"),
    "interlock-open": ("un capot de sécurité est ouvert", "a safety cover is open"),
    "input-tray-missing": (
        "le bac à papier manque : remettez-le",
        "the paper tray is missing: put it back",
    ),
    "output-tray-missing": ("le bac de sortie manque", "the output tray is missing"),
    "output-area-full": (
        "le bac de sortie est plein : videz-le",
        "the output tray is full: empty it",
    ),
    "output-area-almost-full": (
        "le bac de sortie est presque plein",
        "the output tray is nearly full",
    ),
    "toner-low": ("il reste peu de toner : commandez-en", "toner is low: order some"),
    "toner-empty": (
        "il n'y a plus de toner : changez la cartouche",
        "out of toner: change the cartridge",
    ),
    "marker-supply-low": ("il reste peu d'encre : commandez-en", "ink is low: order some"),
    "marker-supply-empty": (
        "il n'y a plus d'encre : changez la cartouche",
        "out of ink: change the cartridge",
    ),
    "marker-supply-missing": ("une cartouche manque", "a cartridge is missing"),
    "marker-failure": ("une cartouche est en panne", "a cartridge has failed"),
    "marker-waste-full": ("le bac de récupération est plein", "the waste container is full"),
    "marker-waste-almost-full": (
        "le bac de récupération est presque plein",
        "the waste container is nearly full",
    ),
    "developer-low": ("il reste peu de développeur", "developer is low"),
    "developer-empty": ("il n'y a plus de développeur", "out of developer"),
    "opc-near-eol": ("le tambour arrive en fin de vie", "the drum nears the end of its life"),
    "opc-life-over": ("le tambour est à changer", "the drum has to be changed"),
    "fuser-over-temp": (
        "le four est trop chaud : laissez refroidir",
        "the fuser is too hot: let it cool",
    ),
    "fuser-under-temp": ("le four ne chauffe pas", "the fuser does not heat"),
    "paused": ("l'imprimante est en pause", "the printer is paused"),
    "moving-to-paused": ("l'imprimante se met en pause", "the printer is about to pause"),
    "shutdown": ("l'imprimante s'éteint", "the printer is shutting down"),
    "deactivated": ("l'imprimante est désactivée", "the printer is deactivated"),
    "spool-area-full": ("trop de documents en attente", "too many documents are waiting"),
    "interpreter-resource-unavailable": (
        "l'imprimante ne sait pas traiter le document",
        "the printer cannot process the document",
    ),
    "other": ("autre problème signalé par l'imprimante", "the printer has another problem"),
    "queue-paused": (
        "la file d'impression est arrêtée : relancez-la (cupsenable)",
        "the print queue is stopped: start it again (cupsenable)",
    ),
    "no-queue": (
        "CUPS ne connaît pas cette file d'impression",
        "CUPS does not know this print queue",
    ),
    "cups-down": (
        "le service d'impression (CUPS) ne tourne pas",
        "the print service (CUPS) is not running",
    ),
    "job-stuck": (
        "un document attend depuis trop longtemps : annulez-le, ou redémarrez l'imprimante",
        "a document has been waiting for too long: cancel it, or restart the printer",
    ),
    "aborted-by-system": (
        "le dernier document n'a pas pu être imprimé",
        "the last document could not be printed",
    ),
    "not-accepting-jobs": (
        "la file refuse les documents (cupsaccept)",
        "the queue takes no documents (cupsaccept)",
    ),
    "garbled": (
        "la réponse est incompréhensible : vérifiez la vitesse de la ligne série",
        "the answer makes no sense: check the serial line's speed",
    ),
}
