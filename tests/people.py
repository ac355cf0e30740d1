"""Builders of people: who looks at the pages."""

from django.test import Client

from controller.accounts.roles import Role, ensure_roles
from controller.accounts.services import create_user

PASSWORD = "vaste-plateau-42"


def browser(role: Role, language: str = "fr") -> Client:
    """Somebody of that role, logged in."""
    ensure_roles()
    user = create_user(name=str(role), password=PASSWORD, role=role, by="cli:root")
    client = Client(headers={"accept-language": language})
    client.force_login(user)
    return client
