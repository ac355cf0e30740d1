"""A signed webhook and Apprise, as a server that is not ours receives them."""

import base64
import hashlib
import hmac
import json
import logging

import pytest

from controller.accounts.sealing import Seal
from controller.notify import post
from controller.notify.letters import Way
from controller.notify.models import Channel
from controller.notify.senders import Undelivered, alertmanager, by_apprise, webhook
from tests.peer.controller.notify.conftest import letter
from tests.peer.controller.notify.receiver import Receiver
from tests.peer.region import free_port

#: Apprise imports a hundred ways of sending, some by means that Python will drop.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ImportWarning")
KEY = "shared-with-the-receiver"


def hook(url: str) -> Way:
    return Way("hook", webhook.check({"url": url}, has_secret=True), KEY)


def test_a_receiver_can_verify_who_sent_it(receiver: Receiver) -> None:
    webhook.send(hook(receiver.url), letter())
    (posted,) = receiver.posted
    signed = [posted.headers["webhook-id"], posted.headers["webhook-timestamp"]]
    content = ".".join(signed).encode() + b"." + posted.body
    digest = hmac.new(KEY.encode(), content, hashlib.sha256).digest()
    assert posted.headers["webhook-signature"] == "v1," + base64.b64encode(digest).decode()
    document = json.loads(posted.body)
    assert document["type"] == "vigie.fired"
    assert document["data"]["alerts"][0]["kiosk"] == "pvp-63003-1"


def test_a_key_as_the_standard_writes_it_is_signed_with_as_its_libraries_verify() -> None:
    # The example of the first library of the kind, which the standard was made from.
    secret, message, at = (
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330",
    )  # fmt: skip
    made = webhook.signature(secret, message, at, b'{"test": 2432232314}')
    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_key_that_only_begins_so_is_told_and_not_shown(receiver: Receiver) -> None:
    with pytest.raises(Undelivered, match="is not base64") as refused:
        webhook.send(Way("hook", {"url": receiver.url}, "whsec_tops3cret"), letter())
    assert "tops3cret" not in str(refused.value)
    assert not receiver.posted


def test_a_repeat_has_the_same_id(receiver: Receiver) -> None:
    for _ in range(2):
        webhook.send(hook(receiver.url), letter())
    assert len({posted.headers["webhook-id"] for posted in receiver.posted}) == 1


@pytest.mark.parametrize(
    ("code", "is_final"), [(503, False), (429, False), (401, False), (404, True), (400, True)]
)
def test_a_receiver_says_whether_another_try_makes_sense(
    receiver: Receiver, code: int, is_final: bool
) -> None:
    receiver.answers.append((code, {}))
    with pytest.raises(Undelivered, match=str(code)) as refused:
        webhook.send(hook(receiver.url), letter())
    assert refused.value.is_final is is_final


def test_the_first_words_of_a_refusal_are_shown(receiver: Receiver) -> None:
    receiver.answers.append((400, {}))
    receiver.says = b"no field  'room'\n" + b"x" * 5000
    with pytest.raises(Undelivered, match=r"^400 Bad Request: no field 'room' x+$") as refused:
        webhook.send(hook(receiver.url), letter())
    assert len(str(refused.value)) < 300


def test_an_answer_is_fit_to_be_written_down_whatever_is_in_it(receiver: Receiver) -> None:
    receiver.answers.append((400, {}))
    receiver.says = b"no\0 field"
    seal = Seal("key", "channels")
    channel = Channel(
        key="hook", kind="webhook", settings={"url": receiver.url}, secret=seal.close(KEY)
    )
    answer = post.send(channel, seal, 1, letter())
    assert answer.text == "400 Bad Request: no\ufffd field"


def test_a_token_that_http_cannot_carry_is_told_nowhere(receiver: Receiver) -> None:
    way = Way("am", {"url": receiver.url}, "tops3cret\nand more")
    with pytest.raises(Undelivered, match="cannot be sent") as refused:
        alertmanager.send(way, letter())
    assert "tops3cret" not in str(refused.value)
    assert not receiver.posted


def test_nothing_is_led_elsewhere(receiver: Receiver) -> None:
    receiver.answers.append((307, {"Location": f"{receiver.url}/elsewhere"}))
    with pytest.raises(Undelivered, match="307"):
        webhook.send(hook(receiver.url), letter())
    assert [posted.path for posted in receiver.posted] == ["/"]


def test_apprise_delivers(receiver: Receiver) -> None:
    way = Way("json", {}, f"json://127.0.0.1:{receiver.port}/hook")
    by_apprise.send(way, letter())
    (posted,) = receiver.posted
    document = json.loads(posted.body)
    assert document["title"] == letter().title
    assert "Ouvrez le capot." in document["message"]


def test_apprise_is_not_led_elsewhere_either(receiver: Receiver) -> None:
    receiver.answers.append((307, {"Location": f"{receiver.url}/elsewhere"}))
    way = Way("json", {}, f"json://127.0.0.1:{receiver.port}/hook?+X-Token=tops3cret")
    with pytest.raises(Undelivered):
        by_apprise.send(way, letter())
    assert [posted.path for posted in receiver.posted] == ["/hook"]


def test_what_is_secret_of_an_apprise_url_is_told_nowhere(
    receiver: Receiver, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.INFO)  # as settings.LOGGING has it
    receiver.answers.append((500, {}))
    secrets = ("marie-the-user", "tops3cret", "my-t0ken")
    user, password, token = secrets
    url = f"json://{user}:{password}@127.0.0.1:{receiver.port}/{token}"
    with pytest.raises(Undelivered, match="500") as refused:
        by_apprise.send(Way("json", {}, url), letter())
    told = str(refused.value) + caplog.text + "".join(capfd.readouterr())
    assert [secret for secret in secrets if secret in told] == []
    assert token in receiver.posted[0].path


def test_apprise_says_when_nobody_is_there() -> None:
    with pytest.raises(Undelivered) as refused:
        by_apprise.send(Way("json", {}, f"json://127.0.0.1:{free_port()}/"), letter())
    assert not refused.value.is_final


def test_a_url_that_apprise_does_not_know_is_not_tried_again() -> None:
    with pytest.raises(Undelivered, match="does not understand") as refused:
        by_apprise.send(Way("x", {}, "pigeon://loft"), letter())
    assert refused.value.is_final
