"""What ails the machine itself: system, storage, clock, the agent. In French and in English."""

REASONS: dict[str, tuple[str, str]] = {
    "clock-not-trusted": (
        "l'horloge n'est pas synchronisée : vérifiez le service de temps (NTP)",
        "the clock is not in step: check the time service (NTP)",
    ),
    "clock-jumped": (
        "l'horloge a fait un saut : vérifiez le service de temps (NTP) et la pile de l'horloge",
        "the clock has jumped: check the time service (NTP) and the clock's battery",
    ),
    "memory-low": ("la mémoire est presque pleine", "memory is nearly full"),
    "temperature-high": (
        "le processeur chauffe : dégagez les aérations",
        "the processor is hot: clear the vents",
    ),
    "load-high": ("la machine est surchargée", "the machine is overloaded"),
    "storage-low": ("l'espace disque diminue", "disk space is getting low"),
    "storage-full": ("le disque est plein", "the disk is full"),
    "inodes-low": ("trop de fichiers sur le disque", "too many files on the disk"),
    "read-only": (
        "le disque n'accepte plus d'écriture : il est sans doute à remplacer",
        "the disk takes no more writes: it probably has to be replaced",
    ),
    "fs-errors": (
        "le système de fichiers a des erreurs : à vérifier (fsck)",
        "the file system has errors: have it checked (fsck)",
    ),
    "wear-high": (
        "la mémoire flash approche de la fin de sa vie",
        "the flash memory nears the end of its life",
    ),
    "disk-failing": (
        "le disque annonce sa panne : à remplacer",
        "the disk says that it is failing: replace it",
    ),
    "timed-out": ("la mesure n'a pas répondu à temps", "measuring took too long"),
    "probe-error": ("la mesure a échoué", "measuring failed"),
    "not-measured": (
        "n'a pas pu être mesuré : il manque un programme ou un service",
        "could not be measured: a program or a service is missing",
    ),
}
