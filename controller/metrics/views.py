"""`/metrics`, for Prometheus and whoever speaks its format."""

from collections.abc import Iterable

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from controller.accounts import tokens
from controller.metrics.families import Detail, families

_SCHEME = "bearer "


class _Once(Collector):
    """Families that are made already."""

    def __init__(self, made: Iterable[Metric]) -> None:
        self._made = list(made)

    def collect(self) -> Iterable[Metric]:
        return self._made


@login_not_required
@require_GET
def metrics(request: HttpRequest) -> HttpResponse:
    """The fleet in Prometheus's text format or OpenMetrics, as asked for by `Accept`.

    It takes an API token, as `Authorization: Bearer ...`. `?detail=` bounds what is told: `fleet`,
    `kiosks`, or `devices`, which is all.
    """
    if not _is_let_in(request):
        answer = _plain("send a token of `vigie user token` as `Authorization: Bearer ...`", 401)
        answer["WWW-Authenticate"] = "Bearer"
        return answer
    wanted = request.GET.get("detail", Detail.DEVICES)
    if wanted not in list(Detail):
        return _plain(f"detail is {wanted[:50]!r}, must be one of: {', '.join(Detail)}", 400)
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Once(families(Detail(wanted), timezone.now())))
    encode, content_type = choose_encoder(request.headers.get("Accept", ""))
    return HttpResponse(
        encode(registry), content_type=content_type, headers={"Cache-Control": "no-store"}
    )


def _is_let_in(request: HttpRequest) -> bool:
    given = request.headers.get("Authorization", "")
    if not given.lower().startswith(_SCHEME):
        return False
    return tokens.user_of(given[len(_SCHEME) :].strip(), timezone.now()) is not None


def _plain(text: str, status: int) -> HttpResponse:
    return HttpResponse(text + "\n", status=status, content_type="text/plain; charset=utf-8")
