"""Files in pieces, from kiosks that may say anything."""

import hashlib

import pytest
from django.utils import timezone
from msgspec.structs import replace

from contract.commands import CommandState as State
from contract.messages import Piece
from controller.commands import files
from controller.commands.models import Command
from controller.commands.outcomes import heard
from controller.commands.services import order
from controller.errors import NotFound, Refused
from controller.fleet.models import Kiosk
from tests import fleets

pytestmark = pytest.mark.django_db


@pytest.fixture
def command() -> Command:
    return order(kiosk=fleets.kiosk("pvp-1"), name="fetch-logs", args={}, user=None, actor="x")


def send(of: Command, *pieces: Piece, kiosk: str = "pvp-1") -> None:
    now = timezone.now()
    running = fleets.outcome(of.pk, State.RUNNING, now)
    heard([(kiosk, replace(running, piece=piece)) for piece in pieces], now)


def end(of: Command, **result: str | int) -> None:
    now = timezone.now()
    heard([("pvp-1", replace(fleets.outcome(of.pk, State.SUCCEEDED, now), result=result))], now)


def test_pieces_of_another_kiosk_are_no_part_of_it(command: Command) -> None:
    Kiosk.objects.create(id="pvp-2", kind="pvp", site=command.kiosk.site)
    send(command, Piece(0, 1, b"forged"), kiosk="pvp-2")
    with pytest.raises(NotFound):
        files.file(command.pk)


def test_pieces_in_any_order_and_twice_make_the_file(command: Command) -> None:
    send(command, Piece(1, 2, b"b"), Piece(0, 2, b"a"), Piece(1, 2, b"b"))
    end(command, sha256=hashlib.sha256(b"ab").hexdigest())
    assert files.file(command.pk).content == b"ab"


def test_a_file_that_is_not_what_was_promised_is_not_given(command: Command) -> None:
    send(command, Piece(0, 1, b"a"))
    end(command, sha256=hashlib.sha256(b"b").hexdigest())
    with pytest.raises(Refused, match="is not what the kiosk sent"):
        files.file(command.pk)


def test_pieces_that_contradict_each_other_are_not_given_as_a_file(command: Command) -> None:
    send(command, Piece(0, 3, b"a"), Piece(1, 2, b"b"), Piece(5, 2, b"none"))
    with pytest.raises(Refused, match="2 of 3 pieces"):
        files.file(command.pk)


def test_the_name_of_a_file_is_no_place_on_a_disk(command: Command) -> None:
    send(command, Piece(0, 1, b"a"))
    end(command, file="../../etc/cron.d/x\0")
    assert files.file(command.pk).name == "_.._etc_cron.d_x\ufffd"
