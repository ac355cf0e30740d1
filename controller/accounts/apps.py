"""The app's one hook: what Django says of logins goes to the audit."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Connects Django's own login signals."""

    name = "controller.accounts"
    label = "accounts"

    def ready(self) -> None:
        from controller.accounts import logins

        logins.connect()
