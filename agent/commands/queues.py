"""What is done to a queue of CUPS, by ipptool: print, follow, cancel (RFC 8011)."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct

from agent.commands import verdicts
from agent.config import Peripheral
from agent.errors import RemedyError
from agent.probes import ipp, ipptool
from agent.probes.ipp import Silence
from agent.probes.printer import Settings
from agent.settings import settings

#: A queue may have to take a document in, and filters to start.
ASK_S = 20.0
CANCELLED, ABORTED, COMPLETED = 7, 8, 9  # job-state
STATES = {3: "pending", 4: "pending-held", 5: "processing", 6: "processing-stopped"} | {
    CANCELLED: "canceled",
    ABORTED: "aborted",
    COMPLETED: "completed",
}
#: Always as root: of another's jobs CUPS does not tell the name.
_OPERATION = """{{
  OPERATION {operation}
  GROUP operation-attributes-tag
  ATTR charset attributes-charset utf-8
  ATTR naturalLanguage attributes-natural-language en
  ATTR uri printer-uri $uri
  ATTR name requesting-user-name root
  {attributes}
}}
"""
_WANTED = (
    "ATTR keyword requested-attributes job-id,job-name,job-state,job-state-reasons,"
    "job-printer-state-message,job-impressions-completed"
)


_GOOD = ("successful-ok",)
_CANCELLED = (*_GOOD, "client-error-not-possible")


class PrintJob(Struct, frozen=True):
    """A job as CUPS tells of it."""

    id: int
    state: int
    reasons: tuple[str, ...] = ()
    name: str = ""
    pages: int | None = None
    message: str = ""

    @property
    def is_over(self) -> bool:
        """Whether nothing more happens to it."""
        return self.state in (CANCELLED, ABORTED, COMPLETED)


def hindrance(item: Peripheral) -> str:
    """Why nothing can be told to this printer's queue; empty when it can."""
    if item.match.queue is None:
        return verdicts.lacking(f"declare match.queue of {item.id}")
    if not Path(ipptool.IPPTOOL).exists():
        return verdicts.lacking("install cups-ipp-utils")
    return ""


def address(item: Peripheral) -> str:
    """The queue's own, as its probe has it."""
    return f"ipp://{settings(item, Settings).cups}/printers/{item.match.queue}"


def send(uri: str, document: Path, form: str, name: str) -> int:
    """Print a document; the job's number. Raises AgentError when CUPS does not take it."""
    jobs = _put(
        uri,
        "Print-Job",
        f'ATTR name job-name "{name}"\n  ATTR mimeMediaType document-format {form}\n'
        f"  FILE {document}",
        document,
    )
    if not jobs:
        raise RemedyError(f"{uri} did not take the page: no job")
    return jobs[0].id


def job(uri: str, number: int) -> PrintJob:
    """How far a job is. Raises AgentError when CUPS does not say."""
    jobs = _put(uri, "Get-Job-Attributes", f"ATTR integer job-id {number}\n  {_WANTED}")
    if not jobs:
        raise RemedyError(f"{uri} does not know job {number}")
    return jobs[0]


def find(uri: str, name: str) -> PrintJob | None:
    """The job of this name, over or not; None when CUPS remembers none."""
    for which in ("not-completed", "completed"):
        for each in _put(
            uri,
            "Get-Jobs",
            f"ATTR integer limit 100\n  ATTR keyword which-jobs {which}\n  {_WANTED}",
        ):
            if each.name == name:
                return each
    return None


def waiting(uri: str) -> tuple[PrintJob, ...]:
    """The jobs that wait or print. Raises AgentError when CUPS does not say."""
    return _put(uri, "Get-Jobs", f"ATTR keyword which-jobs not-completed\n  {_WANTED}")


def cancel(uri: str, number: int) -> None:
    """Cancel one job; one that is over meanwhile is none the worse.

    Raises AgentError when CUPS does not let root do so: `SystemGroup root` does, as Debian has it.
    """
    _put(uri, "Cancel-Job", f"ATTR integer job-id {number}", good=_CANCELLED)


def _put(
    uri: str,
    operation: str,
    attributes: str,
    document: Path | None = None,
    *,
    good: tuple[str, ...] = _GOOD,
) -> tuple[PrintJob, ...]:
    question = _OPERATION.format(operation=operation, attributes=attributes)
    answers = ipp.parse_answers(ipptool.put(uri, question, ASK_S, document))
    if isinstance(answers, Silence):
        raise RemedyError(f"{uri}: {answers.value}")
    status = str(answers[0].get("StatusCode", ""))
    if not status.startswith(good):
        raise RemedyError(f"{uri}: {operation}: {status or 'no answer'}")
    jobs = (_job(group) for group in ipp.groups(answers[0]))
    return tuple(one for one in jobs if one is not None)


def _job(group: Mapping[str, Any]) -> PrintJob | None:
    number, state = group.get("job-id"), group.get("job-state")
    if not isinstance(number, int) or not isinstance(state, int):
        return None
    reasons = group.get("job-state-reasons", ())
    pages = group.get("job-impressions-completed")
    return PrintJob(
        id=number,
        state=state,
        reasons=tuple(reasons) if isinstance(reasons, list) else (str(reasons),),
        name=str(group.get("job-name", "")),
        pages=pages if isinstance(pages, int) else None,
        message=str(group.get("job-printer-state-message", ""))[:200],
    )
