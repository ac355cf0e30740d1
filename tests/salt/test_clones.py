"""A disk that was copied: two real minions with one kiosk's name and key."""

import shutil
from datetime import UTC, datetime

import pytest

from controller.salt import services
from controller.salt.models import Return
from tests import fleets
from tests.peer.region import wait_until
from tests.salt.listener import Listener
from tests.salt.stage import Stage

pytestmark = pytest.mark.django_db

_STATES = {"top.sls": "{{ saltenv }}:\n  '*': [one]\n", "one.sls": "one:\n  test.nop\n"}


def test_two_machines_with_one_key_are_told_from_one_that_answers(stage: Stage) -> None:
    stage.release("cloned", _STATES)
    for kiosk in ("pvp-copied", "pvp-whole"):
        stage.pillars[kiosk] = {}
        fleets.kiosk(kiosk)
    first, _ = stage.minions("pvp-copied", "pvp-whole")
    copy = stage.minion("pvp-copied", folder="copy")
    for name in ("minion.pem", "minion.pub"):
        shutil.copy(first.folder / "pki" / name, copy.folder / "pki" / name)
    copy.start()
    with Listener(stage.port) as listener:

        def is_heard_twice() -> bool:
            jid = stage.ping("pvp-copied")
            stage.returned(jid, "pvp-copied")
            return len(listener.of(jid)) == 2

        wait_until(is_heard_twice, f"both machines answer: {stage.logs()}", 60)
        jid = stage.submit("state.apply", "pvp-copied", "pvp-whole", saltenv="cloned")
        wait_until(lambda: len(listener.of(jid)) == 3, "three returns of two kiosks")
    now = datetime.now(UTC)
    assert services.store(stage.port.returns(jid), now) == 2
    services.store(listener.of(jid), now)
    counts = dict(Return.objects.filter(jid=jid).values_list("kiosk_id", "count"))
    assert counts == {"pvp-copied": 2, "pvp-whole": 1}
    copy.kill()
    first.kill()
