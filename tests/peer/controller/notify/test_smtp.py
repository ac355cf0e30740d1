"""Mail, as a real server takes it."""

from dataclasses import replace

import pytest

from controller.notify.letters import Way
from controller.notify.senders import Undelivered, smtp
from tests.peer.authority import Authority
from tests.peer.controller.notify.conftest import PAGES, letter, subject
from tests.peer.controller.notify.smtp import PASSWORD, USER, SmtpServer
from tests.peer.region import free_port

MARIE = "marie@example.org"


def way(server: SmtpServer, authority: Authority, **changes: object) -> Way:
    settings: dict[str, object] = {
        "host": "localhost", "port": server.port, "user": USER, "sender": "vigie@example.org",
        "ca_file": str(authority.ca),
    }  # fmt: skip
    return Way("mail", smtp.check(settings | changes, has_secret=True), PASSWORD)


def test_a_mail_arrives_encrypted_after_a_login(mail: SmtpServer, authority: Authority) -> None:
    smtp.send(way(mail, authority), letter("fired", MARIE))
    (taken,) = mail.box.mails
    assert (taken.to, taken.is_encrypted) == ((MARIE,), True)
    assert taken.message["Subject"] == "[Critique] Imprimante en panne, Mairie d'Ambert"
    assert taken.message["Auto-Submitted"] == "auto-generated"
    body = taken.message.get_body(("plain",))
    assert body is not None
    assert "Ouvrez le capot." in body.get_content()


def test_a_title_of_two_lines_is_a_subject_of_one(mail: SmtpServer, authority: Authority) -> None:
    smtp.send(way(mail, authority), replace(letter("fired", MARIE), title="Panne\r\n de papier"))
    assert mail.box.mails[0].message["Subject"] == "Panne de papier"


def test_the_page_of_each_alert_is_a_link(mail: SmtpServer, authority: Authority) -> None:
    smtp.send(way(mail, authority), letter("fired", MARIE, subject(1), subject(12)))
    body = mail.box.mails[0].message.get_body(("html",))
    assert body is not None
    for number in (1, 12):
        assert f'<a href="{PAGES}/{number}">{PAGES}/{number}</a>' in body.get_content()


def test_a_repeat_is_recognisable_and_an_alerts_mails_belong_together(
    mail: SmtpServer, authority: Authority
) -> None:
    for one in ("fired", "fired", "resolved"):
        smtp.send(way(mail, authority), letter(one, MARIE))
    ids = [taken.message["Message-ID"] for taken in mail.box.mails]
    assert ids[0] == ids[1] != ids[2]
    assert len({taken.message["References"] for taken in mail.box.mails}) == 1


def test_a_server_of_another_authority_is_told_nothing(
    mail: SmtpServer, authority: Authority
) -> None:
    with pytest.raises(Undelivered, match="certificate"):
        smtp.send(way(mail, authority, ca_file=""), letter("fired", MARIE))
    assert not mail.box.mails


def test_a_wrong_password_is_tried_again_and_named(mail: SmtpServer, authority: Authority) -> None:
    wrong = replace(way(mail, authority), secret="wrong")
    with pytest.raises(Undelivered, match="refuses the login: 535") as refused:
        smtp.send(wrong, letter("fired", MARIE))
    assert not refused.value.is_final
    assert "wrong" not in str(refused.value)


@pytest.mark.parametrize(
    ("answer", "is_final"), [("451 later", False), ("554 no such mailbox", True)]
)
def test_the_server_says_whether_another_try_makes_sense(
    mail: SmtpServer, authority: Authority, answer: str, is_final: bool
) -> None:
    mail.box.answers.append(answer)
    with pytest.raises(Undelivered, match=answer) as refused:
        smtp.send(way(mail, authority), letter("fired", MARIE))
    assert refused.value.is_final is is_final


def test_nobody_there_is_worth_another_try(mail: SmtpServer, authority: Authority) -> None:
    with pytest.raises(Undelivered, match="refused") as refused:
        smtp.send(way(mail, authority, port=free_port()), letter("fired", MARIE))
    assert not refused.value.is_final
