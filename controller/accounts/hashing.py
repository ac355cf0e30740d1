"""How passwords are kept: Argon2id, slow and hungry for memory where they are guessed."""

from django.contrib.auth.hashers import Argon2PasswordHasher


class Argon2(Argon2PasswordHasher):
    """Argon2id by RFC 9106's second recommendation (section 4): 64 MiB, 3 passes, 4 lanes.

    Django's own takes 100 MiB: ten logins at once are then a gigabyte of a small controller.
    """

    memory_cost = 64 * 1024  # KiB
    time_cost = 3
    parallelism = 4
