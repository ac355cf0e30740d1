"""`print-test-page`: a page or a ticket that says which kiosk printed it, followed to its end."""

from msgspec import Struct

from agent.commands import Work, page_by_cups, ticket_by_port
from agent.commands.errand import End, Errand, Job, named
from agent.commands.scene import Scene
from agent.probes import receipt_printer

NAME = "print-test-page"


def run(job: Job) -> End:
    """By CUPS, or on a receipt printer's own line."""
    (item,) = job.items
    is_receipt = item.kind == receipt_printer.KIND
    return ticket_by_port.run(job, item) if is_receipt else page_by_cups.run(job, item)


def resume(job: Job) -> End:
    """Nothing is printed twice."""
    (item,) = job.items
    is_receipt = item.kind == receipt_printer.KIND
    return ticket_by_port.resume(job) if is_receipt else page_by_cups.resume(job, item)


def hindrance(scene: Scene, args: Struct) -> str:
    """No way to the printer."""
    (item,) = named(scene, NAME, args)
    is_receipt = item.kind == receipt_printer.KIND
    return "" if is_receipt else page_by_cups.hindrance(item)


def work(scene: Scene) -> Work:
    """The command."""
    return Errand(NAME, scene, run, resume, hindrance)
