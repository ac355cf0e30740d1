"""Sessions that are over, or proven by too little, are ended before any page is made."""

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.http import HttpRequest
from django.utils import timezone
from django.utils.deprecation import MiddlewareMixin

from controller.accounts import second_factor, sessions


class SessionLimits(MiddlewareMixin):
    """After Django's AuthenticationMiddleware. Costs no query but the user's own."""

    def process_request(self, request: HttpRequest) -> None:
        """Forget who is logged in where he must log in anew."""
        user = request.user
        if not isinstance(user, User):
            return
        if not sessions.goes_on(request, timezone.now(), is_used=is_used(request)) or _lacks_proof(
            request, user
        ):
            sessions.forget(request)
            request.session.flush()
            request.user = AnonymousUser()


def is_used(request: HttpRequest) -> bool:
    """Whether a person asks, and not a page left open that follows the fleet by itself."""
    if "text/event-stream" in request.headers.get("Accept", ""):
        return False
    is_part = "HX-Request" in request.headers
    return not is_part or request.headers.get("HX-Trigger") != "board"


def _lacks_proof(request: HttpRequest, user: User) -> bool:
    """Whether his role now asks for more than a password, as after a promotion."""
    policy = settings.VIGIE.login.second_factor
    if policy == "optional" or sessions.way_of(request) is not sessions.Way.PASSWORD:
        return False
    return second_factor.is_required(user, policy)
