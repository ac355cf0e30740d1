"""The people's door as an ASGI application: `people`, for uvicorn or any other server."""

import os

from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler
from django.core.asgi import get_asgi_application
from django.http import HttpRequest, HttpResponse

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "controller.settings")


class StaticFiles(ASGIStaticFilesHandler):
    """Our few style sheets and scripts, straight from the package: nothing to collect."""

    def serve(self, request: HttpRequest) -> HttpResponse:
        found = super().serve(request)
        # Whole, because Django reads a file in pieces only with a warning under ASGI.
        content = b"".join(found) if found.streaming else found.content
        answer = HttpResponse(content, status=found.status_code, headers=dict(found.items()))
        answer["Cache-Control"] = "no-cache"  # ask each time, by date: a release shows at once
        answer["X-Content-Type-Options"] = "nosniff"
        return answer


people = StaticFiles(get_asgi_application())
