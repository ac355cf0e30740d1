"""What ails a scanner. In French and in English."""

REASONS: dict[str, tuple[str, str]] = {
    "jammed": (
        "un document est coincé dans le chargeur : retirez-le",
        "a document is stuck in the feeder: take it out",
    ),
    "cover-open": ("le capot est ouvert : refermez-le", "the cover is open: close it"),
    # Said of cameras too: words for both.
    "device-busy": (
        "occupé alors que personne n'est là : redémarrez la borne, et l'appareil s'il a un bouton",
        "busy with nobody there: restart the kiosk, and the device if it has a switch",
    ),
    "io-error": (
        "le scanner ne communique plus : éteignez-le, vérifiez son câble, rallumez-le",
        "the scanner no longer communicates: switch it off, check its cable, switch it on",
    ),
    "no-mem": (
        "le scanner n'a plus de mémoire : éteignez-le puis rallumez-le",
        "the scanner is out of memory: switch it off and on again",
    ),
    "unsupported": (
        "le pilote ne sait pas faire ce qu'on demande au scanner",
        "the driver cannot do what the scanner is asked for",
    ),
    "inval": (
        "le pilote refuse un réglage du scanner",
        "the driver refuses one of the scanner's settings",
    ),
    "offline": (
        "l'appareil ne répond pas : vérifiez qu'il est allumé et relié au réseau",
        "the device does not answer: check that it is switched on and on the network",
    ),
    "no-driver": (
        "branché, mais aucun pilote ne le prend en charge",
        "plugged in, but no driver takes care of it",
    ),
    "no-escl": (
        "cette adresse n'est pas celle d'un scanner : corrigez la déclaration",
        "this address is not a scanner's: correct its declaration",
    ),
    "stopped": (
        "le scanner s'est arrêté : regardez son écran ou ses voyants",
        "the scanner has stopped: look at its panel or lights",
    ),
    "down": (
        "le scanner est hors service : éteignez-le puis rallumez-le",
        "the scanner is out of service: switch it off and on again",
    ),
    "mispick": (
        "le chargeur n'a pas pris la feuille : remettez les documents en place",
        "the feeder did not take the sheet: put the documents in again",
    ),
    "multipick": (
        "le chargeur a pris plusieurs feuilles : remettez-les une à une",
        "the feeder took several sheets: put them in one by one",
    ),
    "input-tray-failed": (
        "le bac du chargeur est en panne",
        "the feeder's tray has failed",
    ),
    "input-tray-overloaded": (
        "trop de documents dans le chargeur : retirez-en",
        "too many documents in the feeder: take some out",
    ),
    "page-too-short": (
        "document trop court pour le chargeur : posez-le sur la vitre",
        "the document is too short for the feeder: lay it on the glass",
    ),
    "page-too-long": (
        "document trop long pour le chargeur : posez-le sur la vitre",
        "the document is too long for the feeder: lay it on the glass",
    ),
}
