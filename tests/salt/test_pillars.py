"""A kiosk's pillar comes from the real door of the kiosks, or there is none at all."""

from tests.salt.stage import Stage

_STATES = {
    "top.sls": "{{ saltenv }}:\n  '*': [said]\n",
    "said.sls": "said:\n  test.show_notification:\n    - text: {{ pillar['vigie']['site'] }}\n",
}


def test_a_kiosk_is_given_its_own_pillar_and_another_none(stage: Stage) -> None:
    stage.release("pillars", _STATES)
    stage.region.plant("pvp-known")
    minions = stage.minions("pvp-known", "pvp-foreign")
    with stage.real_door():
        known = stage.submit("state.apply", "pvp-known", saltenv="pillars")
        foreign = stage.submit("state.apply", "pvp-foreign", saltenv="pillars")
        given = stage.returned(known, "pvp-known")["pvp-known"]
        (state,) = given.body.values()
        assert state["comment"] == "ambert"
        refused = stage.returned(foreign, "pvp-foreign")["pvp-foreign"]
        assert (refused.retcode, refused.has_succeeded) == (5, False)
    for minion in minions:
        minion.kill()


def test_without_the_door_nothing_is_applied(stage: Stage) -> None:
    stage.release("pillars", _STATES)
    (minion,) = stage.minions("pvp-alone")
    jid = stage.submit("state.apply", "pvp-alone", saltenv="pillars")
    refused = stage.returned(jid, "pvp-alone")["pvp-alone"]
    assert (refused.retcode, refused.has_succeeded) == (5, False)
    assert "Pillar failed to render" in refused.body[0]
    minion.kill()
