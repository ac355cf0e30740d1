"""Builders of people: who looks at the pages."""

import base64
from datetime import datetime

from django.contrib.auth.models import Group, User
from django.test import Client
from django_otp.oath import TOTP

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


def caller(role: Role) -> User:
    """Somebody of that role who has no password: hashing one takes longer than a call."""
    ensure_roles()
    user, _ = User.objects.get_or_create(username=str(role))
    user.groups.set([Group.objects.get(name=str(role))])
    return user


def code_of(key: str, at: datetime) -> str:
    """What an app with that key (base32) shows then."""
    totp = TOTP(base64.b32decode(key.replace(" ", "")))
    totp.time = at.timestamp()
    return f"{totp.token():06d}"
