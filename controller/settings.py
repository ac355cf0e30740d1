"""Django's settings, made from vigie.toml. Nothing here is edited by an operator."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

from controller import config

VIGIE = config.load(config.home())

_HERE = Path(__file__).parent
_SECRET = VIGIE.home / "secret_key"

# `vigie init` writes the file; before it, only commands that need no sessions run.
SECRET_KEY = _SECRET.read_text().strip() if _SECRET.exists() else "not-initialised"
DEBUG = False
ALLOWED_HOSTS = ["*"] if VIGIE.web.host in ("127.0.0.1", "localhost") else [VIGIE.web.host]
if VIGIE.web.public_url:
    ALLOWED_HOSTS.append(urlsplit(VIGIE.web.public_url).hostname or "")
    CSRF_TRUSTED_ORIGINS = [VIGIE.web.public_url]

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "controller.accounts",
    "controller.fleet",
    "controller.alerts",
    "controller.notify",
    "controller.commands",
    "controller.enrolment",
    "controller.configuration",
    "controller.salt",
    "controller.rollouts",
    "controller.ingest",
    "controller.web",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "controller.web.middleware.SecurityHeaders",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "controller.web.session_limits.SessionLimits",
    "controller.web.middleware.LoginRequired",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "controller.web.urls"
ASGI_APPLICATION = "controller.asgi.people"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]


def _database(url: str) -> dict[str, object]:
    """Django's entry for `postgresql://user:password@host:port/name`, or SQLite for ''."""
    if not url:
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": VIGIE.home / "vigie.sqlite3",
            "OPTIONS": {
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
                " PRAGMA busy_timeout=10000; PRAGMA foreign_keys=ON;"
                # 64 MB: under load a checkpoint every 4 MB costs as much as the commits.
                " PRAGMA wal_autocheckpoint=16000;",
                # A reader that turns writer fails at once under DEFERRED, whatever the timeout.
                "transaction_mode": "IMMEDIATE",
                "timeout": 10,
            },
        }
    parts = urlsplit(url)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.lstrip("/"),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
    }


DATABASES = {"default": _database(VIGIE.database.url)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

LANGUAGE_CODE = VIGIE.language
LANGUAGES = [("fr", "Français"), ("en", "English")]
LOCALE_PATHS = [_HERE / "web" / "locale"]
TIME_ZONE = VIGIE.time_zone
USE_TZ = True

STATIC_URL = "static/"
STATICFILES_DIRS: list[Path] = []
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "fleet"
LOGOUT_REDIRECT_URL = "login"

_IS_TLS = VIGIE.web.public_url.startswith("https://") or bool(VIGIE.web.certificate)
# Browsers take `__Host-` by TLS alone and for this host alone: no neighbour in the domain sets it.
_PREFIX = "__Host-" if _IS_TLS else ""
SESSION_COOKIE_NAME = f"{_PREFIX}sessionid"
CSRF_COOKIE_NAME = f"{_PREFIX}csrftoken"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = _IS_TLS
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = LANGUAGE_COOKIE_HTTPONLY = True
# Lax, so that a link in a mail and the way back from an OpenID provider find the session.
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = LANGUAGE_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = VIGIE.login.session_hours * 3600
PASSWORD_RESET_TIMEOUT = 24 * 3600
X_FRAME_OPTIONS = "DENY"
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if _IS_TLS else 0
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
# The first makes new ones; those of the second are made anew at the next login.
PASSWORD_HASHERS = [
    "controller.accounts.hashing.Argon2",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
if VIGIE.oidc.issuer:
    AUTHENTICATION_BACKENDS.append("controller.accounts.oidc.Backend")
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}", "OPTIONS": options}
    for name, options in (
        ("UserAttributeSimilarityValidator", {}),
        ("MinimumLengthValidator", {"min_length": 10}),
        ("CommonPasswordValidator", {}),
    )
]
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(levelname)s %(name)s: %(message)s"}},
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "formatter": "line"},
        "nowhere": {"class": "logging.NullHandler"},
    },
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        "httpx": {"level": "WARNING"},  # else a line for each request it makes
        "apprise": {"handlers": ["nowhere"], "propagate": False},  # its lines hold passwords
    },
}
