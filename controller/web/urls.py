"""The people's door: pages and API."""

from django.contrib.auth.decorators import login_not_required
from django.urls import URLPattern, URLResolver, path
from django.views.i18n import set_language

from controller.api.urls import api
from controller.metrics.views import metrics
from controller.web import account_urls, act_urls, configuration_urls, views
from controller.web.following import touched_since
from controller.web.live import Live

#: The open pages of this process; whoever runs the server calls its `stop()` before the server's.
LIVE = Live(touched_since)

urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.fleet, name="fleet"),
    path("board", views.fleet_board, name="fleet-board"),
    path("kiosks/<slug:kiosk_id>", views.kiosk, name="kiosk"),
    path("kiosks/<slug:kiosk_id>/board", views.kiosk_board, name="kiosk-board"),
    path("live", views.stream(LIVE), name="live"),
    *act_urls.urlpatterns,
    *configuration_urls.urlpatterns,
    *account_urls.urlpatterns,
    path("api/", api.urls),
    path("metrics", metrics, name="metrics"),
    path("language", login_not_required(set_language), name="language"),
]
