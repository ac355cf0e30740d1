"""The port to a real Salt master: salt-api (rest_cherrypy) over TLS, as docs/adr/0038 has it.

A minion's function is submitted and returns at once; what came of it is read from the master's
cache of jobs, or heard as it happens.
"""

import time
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from typing import Any

import httpx

from controller.config import Config
from controller.salt import events
from controller.salt.master import password_file
from controller.salt.port import Job, Misunderstood, Port, Return, Unreachable, new_jid
from controller.salt.session import Endpoint, Session
from controller.salt.terms import folder
from controller.salt.watch import Watch

_FIRST_LOOK_S = 0.1
_LONGEST_LOOK_S = 1.0
_QUIET_S = 20.0


def port_of(config: Config) -> Port | None:
    """The port that vigie.toml describes; None when there is no Salt.

    Raises ConfigError when the authority's certificate is not there.
    """
    return SaltApi(endpoint(config)) if config.salt.is_used else None


def endpoint(config: Config) -> Endpoint:
    """Where vigie.toml says the API is."""
    return Endpoint(
        url=config.salt.url or f"https://127.0.0.1:{config.salt.api_port}",
        ca=config.home / "pki" / "ca.pem",
        user=config.salt.user,
        password_file=password_file(folder(config.home)),
    )


class SaltApi:
    """A `port.Port`."""

    def __init__(
        self,
        at: Endpoint,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        quiet_s: float = _QUIET_S,
    ) -> None:
        self._quiet_s = quiet_s  # of a stream of events, before it is asked whether it tells
        self._session = Session(at)
        self._url = at.url
        self._now = now

    def close(self) -> None:
        """End its connections."""
        self._session.close()

    def submit(self, job: Job) -> frozenset[str]:
        """See Port. The id is ours: given twice, the minions do it once."""
        if not job.kiosks:
            return frozenset()
        answer = self._session.call(
            {
                "client": "local_async",
                "fun": job.function,
                "tgt": list(job.kiosks),
                "tgt_type": "list",
                "arg": list(job.args),
                "kwarg": dict(job.kwargs),
                "jid": job.id,
            }
        )
        if answer == {}:  # none of them is known
            return frozenset()
        if not isinstance(answer, dict) or str(answer.get("jid")) != job.id:
            raise self._misunderstood(job.function, answer)
        return frozenset(map(str, answer.get("minions", ())))

    def returns(self, jid: str) -> tuple[Return, ...]:
        """See Port."""
        answer = self._run("jobs.list_job", {"jid": jid})
        if not isinstance(answer, dict) or not isinstance(answer.get("Result"), dict):
            raise self._misunderstood("jobs.list_job", answer)
        function = str(answer.get("Function", ""))
        return tuple(
            events.told(jid, str(kiosk), function, given)
            for kiosk, given in answer["Result"].items()
            if isinstance(given, dict)
        )

    def running(self, jid: str, kiosks: Collection[str], wait_s: float) -> frozenset[str]:
        """See Port."""
        answers = self.ask(self._about("saltutil.find_job", jid, kiosks), wait_s)
        return frozenset(one.kiosk for one in answers if isinstance(one.body, dict) and one.body)

    def cached(self, jid: str, kiosks: Collection[str], wait_s: float) -> tuple[Return, ...]:
        """See Port."""
        answers = self.ask(self._about("saltutil.find_cached_job", jid, kiosks), wait_s)
        return tuple(
            events.told(jid, one.kiosk, str(one.body.get("fun", "")), one.body)
            for one in answers
            if isinstance(one.body, dict) and str(one.body.get("jid")) == jid
        )

    def accept(self, kiosk: str, public_key: str) -> None:
        """See Port. The master refuses, by Misunderstood, an id or a key that is none."""
        self._run_ours("vigie_keys.accept", {"kiosk": kiosk, "public_key": public_key})

    def remove(self, kiosk: str) -> None:
        """See Port."""
        self._run_ours("vigie_keys.remove", {"kiosk": kiosk})

    def accepted(self) -> frozenset[str]:
        """The kiosks whose keys the master has."""
        answer = self._run("vigie_keys.accepted", {})
        if not isinstance(answer, list):
            raise self._misunderstood("vigie_keys.accepted", answer)
        return frozenset(map(str, answer))

    def follow(self, heard: Callable[[Return], None], is_over: Callable[[], bool]) -> None:
        """See Port. A stream that tells nothing any more is as good as cut off."""
        with self._session.events() as stream:
            line = stream.extensions["network_stream"].get_extra_info("socket")
            watch = Watch(line, is_over, self.accepted, self._quiet_s)
            why = "salt-api stopped, or our token did"
            try:
                with watch:
                    for one in events.returns(watch.passing(stream.iter_lines())):
                        if is_over():
                            return
                        heard(one)
            except (httpx.HTTPError, OSError) as err:
                why = str(err)
        if not is_over():
            raise Unreachable(f"{self._url}/events has ended: {watch.deafness or why}")

    def ask(self, job: Job, wait_s: float) -> tuple[Return, ...]:
        """Submit a job; the returns of those that give one within `wait_s`."""
        ends_at = time.monotonic() + wait_s
        known = self.submit(job)
        look_s, answers = _FIRST_LOOK_S, tuple[Return, ...]()
        while known and len(answers) < len(known):
            left_s = ends_at - time.monotonic()
            if left_s <= 0:
                break
            time.sleep(min(look_s, left_s))
            look_s = min(2 * look_s, _LONGEST_LOOK_S)
            answers = self.returns(job.id)
        return answers

    def _about(self, function: str, jid: str, kiosks: Collection[str]) -> Job:
        return Job(new_jid(self._now()), function, tuple(kiosks), args=(jid,))

    def _run(self, function: str, kwargs: Mapping[str, Any]) -> Any:
        return self._session.call({"client": "runner", "fun": function, "kwarg": dict(kwargs)})

    def _run_ours(self, function: str, kwargs: Mapping[str, Any]) -> None:
        answer = self._run(function, kwargs)
        if not isinstance(answer, bool):
            raise self._misunderstood(function, answer)

    def _misunderstood(self, what: str, answer: object) -> Misunderstood:
        # Of a runner that raised, its last line: the rest is Salt's own.
        said = str(answer).strip().splitlines()[-1:] or ["nothing"]
        return Misunderstood(f"{self._url} answers {what} with {said[0][:300]}")
