"""`vigie` over the network, against a real `vigie web`."""

import json
import stat
import threading

from tests.peer.controller.remote.conftest import Desk
from tests.peer.region import Region, free_port

_ANSWER = """
import sys, django
django.setup()
from django.utils import timezone
from controller.commands.models import Command, CommandEvent
command = Command.objects.get(pk=sys.argv[1])
def heard(state, **result):
    now = timezone.now()
    CommandEvent.objects.create(
        command=command, state=state, at=now, received_at=now, result=result)
heard("running", progress_percent=40, step="measuring")
heard(sys.argv[2], rtt_ms=12)
Command.objects.filter(pk=command.pk).update(
    state=sys.argv[2], result={"rtt_ms": 12}, finished_at=timezone.now())
"""


def test_login_keeps_the_token_for_its_owner_alone(desk: Desk) -> None:
    bare = {"VIGIE_URL": "", "VIGIE_TOKEN": ""}
    assert desk.run("status", **bare).code == 2
    said = desk.run("login", desk.url, "--token-file", "-", stdin=f"{desk.token}\n", **bare)
    assert (said.code, said.out.split()[0]) == (0, "marie")
    kept = desk.home / ".config" / "vigie" / "cli.toml"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert desk.run("status", **bare).code == 0
    kept.chmod(0o644)
    refused = desk.run("status", **bare)
    kept.unlink()
    assert (refused.code, "chmod 600" in refused.err) == (2, True)


def test_a_token_that_is_piped_in_is_read_without_a_word(desk: Desk) -> None:
    said = desk.run("login", desk.url, stdin=f"{desk.token}\n", VIGIE_URL="", VIGIE_TOKEN="")
    kept = desk.home / ".config" / "vigie" / "cli.toml"
    assert (said.code, said.err) == (0, f"kept in {kept}\n")
    kept.unlink()


def test_a_wrong_token_is_not_kept(desk: Desk) -> None:
    said = desk.run("login", desk.url, "--token-file", "-", stdin="vigie_wrong\n")
    assert said.code == 4
    assert not (desk.home / ".config" / "vigie" / "cli.toml").exists()


def test_a_token_does_not_travel_in_the_clear(desk: Desk) -> None:
    said = desk.run("status", VIGIE_URL="http://vigie.example.org")
    assert (said.code, "https only" in said.err) == (2, True)


def test_kiosks_are_a_table_or_json(desk: Desk) -> None:
    table = desk.run("kiosks").out.splitlines()
    assert table[0].startswith("kiosk        commune")
    assert [line.split()[0] for line in table[1:]] == ["pvp-63003-1", "pvp-63003-2"]
    listed = json.loads(desk.run("kiosks", "--json").out)
    assert [each["id"] for each in listed] == ["pvp-63003-1", "pvp-63003-2"]


def test_an_alert_is_read_and_acknowledged(desk: Desk) -> None:
    listed = json.loads(desk.run("alerts", "--json", "--kiosk", "pvp-63003-1").out)
    number = str(listed[0]["id"])
    assert "critical kiosk-offline" in desk.run("alert", number).out
    said = desk.run("alert", number, "ack", "--note", "on my way")
    assert (said.code, "marie sees to it" in said.out) == (0, True)
    silence = desk.run("alert", number, "silence", "--for", "2h", "--why", "workshop")
    assert silence.code == 0
    assert "workshop" in desk.run("silences").out


def test_a_command_is_followed_to_its_end(desk: Desk, region: Region) -> None:
    said = _follow(desk, region, "succeeded")
    assert said[0] == 0
    assert "40 % measuring" in said[2]
    assert json.loads(said[1])[0]["result"] == {"rtt_ms": 12}


def test_a_command_that_fails_is_said_by_the_exit_status(desk: Desk, region: Region) -> None:
    assert _follow(desk, region, "failed")[0] == 1


def test_what_is_disruptive_is_not_ordered_without_being_confirmed(desk: Desk) -> None:
    words = ("run", "reboot", "pvp-63003-2", "--why", "black screen")
    said = desk.run(*words)
    assert (said.code, "--yes-i-mean pvp-63003-2" in said.err) == (2, True)
    assert json.loads(desk.run("kiosk", "pvp-63003-2", "--json").out)["commands"] == []
    assert desk.run(*words, "--yes-i-mean", "pvp-63003-2").code == 0


def test_who_may_not_is_told_so_in_one_line(viewers_desk: Desk) -> None:
    said = viewers_desk.run("run", "ping", "pvp-63003-1")
    assert (said.code, said.err.count("\n")) == (4, 1)
    assert "commands.run_*" in said.err


def test_an_unknown_kiosk_and_a_silent_server_are_told_apart(desk: Desk) -> None:
    unknown = desk.run("kiosk", "pvp-404")
    assert (unknown.code, "pvp-404" in unknown.err) == (1, True)
    silent = desk.run("status", VIGIE_URL=f"http://127.0.0.1:{free_port()}")
    assert (silent.code, "cannot be reached" in silent.err) == (3, True)


def test_a_batch_is_planned_begun_and_ended(desk: Desk) -> None:
    words = ("batch", "run", "restart-agent", "--department", "63", "--why", "update")
    plan = json.loads(desk.run(*words, "--dry-run", "--json").out)
    assert {*plan["would_get"], *plan["would_wait"], *plan["would_be_refused"]} == {
        "pvp-63003-1",
        "pvp-63003-2",
    }
    assert json.loads(desk.run("batch", "list", "--json").out) == []
    made = json.loads(desk.run(*words, "--json").out)
    ended = desk.run("batch", "abort", made["id"])
    assert (ended.code, "aborted" in ended.out) == (0, True)


def test_the_history_names_who_and_what(desk: Desk) -> None:
    desk.run("run", "ping", "pvp-63003-1", "--why", "is it there?")
    assert "is it there?" in desk.run("history", "--action", "command.ping").out
    assert '"command.ping"' in desk.run("history", "--export", "jsonl").out


def test_network_commands_import_no_django(desk: Desk) -> None:
    code = "import sys; from controller.cli import main; main(['status']); print(*sys.modules)"
    said = desk.bash(f'python3=$(sed -n "s/^exec //; s/ -m.*//p" bin/vigie); $python3 -c "{code}"')
    assert "httpx" in said.out.split(), said.err
    assert "django" not in said.out.split()


def _follow(desk: Desk, region: Region, end: str) -> tuple[int, str, str]:
    """Order a ping and have it end so."""
    running = desk.begin("run", "ping", "pvp-63003-1", "--wait", "--json")
    guard = threading.Timer(120, running.kill)
    guard.start()
    try:
        assert running.stderr is not None
        first = running.stderr.readline()
        assert "queued" in first
        listed = json.loads(desk.run("kiosk", "pvp-63003-1", "--json").out)["commands"]
        region.python(_ANSWER, listed[0]["id"], end)
        out, err = running.communicate(timeout=60)
        return running.returncode, out, first + err
    finally:
        guard.cancel()
        if running.poll() is None:
            running.kill()
            running.communicate()


def test_completion_completes_in_a_real_bash(desk: Desk) -> None:
    said = desk.bash(
        """
        source <(vigie completion bash)
        complete -p vigie
        COMP_WORDS=(vigie bat); COMP_CWORD=1; COMP_LINE="vigie bat"; COMP_POINT=9
        $(complete -p vigie | sed 's/.*-F \\([^ ]*\\).*/\\1/')
        printf '%s\\n' "${COMPREPLY[@]}"
        """
    )
    assert said.out.splitlines()[-1:] == ["batch"], said.err


def test_completions_of_zsh_and_fish_name_the_commands(desk: Desk) -> None:
    for shell in ("zsh", "fish"):
        assert "silences" in desk.run("completion", shell).out
