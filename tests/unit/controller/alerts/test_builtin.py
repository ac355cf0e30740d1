"""The built-in rules: each names only what an agent says, and tells a clerk what to do."""

import ast
from pathlib import Path

import pytest

from agent.kinds import KINDS
from agent.wording import REASONS
from contract.health import Health
from controller.alerts import builtin
from controller.alerts.facts import DEAF, Rulebook
from controller.alerts.rules import Rule, Subject

ROOT = Path(__file__).parents[4]
#: Measured on every kiosk, whatever is declared.
ALWAYS = {"system", "storage", "network", "agent"}
RULES = builtin.rules()


def literals(folder: str) -> set[str]:
    """Every text that stands in the code of a folder."""
    found = set()
    for path in (ROOT / folder).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.add(node.value)
    return found


def test_no_two_have_one_key() -> None:
    assert len({rule.key for rule in RULES}) == len(RULES)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.key)
def test_a_rule_names_kinds_reasons_and_metrics_that_an_agent_says(rule: Rule) -> None:
    said = {kind.name for kind in KINDS} | ALWAYS
    assert set(rule.match.kinds) <= said
    assert {*rule.match.reasons, *rule.match.except_reasons} <= REASONS.keys()
    if rule.match.threshold is not None:
        assert rule.match.threshold.metric in literals("agent/probes")


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.key)
def test_a_rule_tells_clerk_and_technician_in_both_languages(rule: Rule) -> None:
    pages = (rule.runbook.clerk, rule.runbook.technician)
    assert all(page.fr and page.en for page in pages)
    assert rule.title.fr != rule.title.en


@pytest.mark.parametrize(
    "kind", [*(kind.name for kind in KINDS if kind.name != "session"), *ALWAYS]
)
@pytest.mark.parametrize("health", [Health.FAILED, Health.MISSING, Health.DEGRADED])
def test_whatever_ails_a_device_some_rule_speaks_of_it(kind: str, health: Health) -> None:
    rules = Rulebook(RULES).of_device(kind, health)
    assert any(not rule.match.reasons and not rule.match.except_reasons for rule in rules)


def test_the_gathering_time_of_dark_kiosks_outlasts_the_slowest_last_will() -> None:
    (offline,) = [rule for rule in RULES if rule.key == "offline"]
    slowest_keepalive_s = 300
    assert offline.for_s > 1.5 * slowest_keepalive_s


def test_rules_that_bear_the_name_of_another_bear_one_that_gathers() -> None:
    gathering = {rule.key for rule in RULES if rule.gathers}
    assert {rule.gathers_as for rule in RULES if rule.gathers_as} <= gathering


def test_every_condition_under_which_nothing_is_heard_has_a_rule() -> None:
    named = {key for rule in RULES for key in rule.match.conditions}
    assert named >= DEAF
    assert all(rule.when == "always" for rule in RULES if rule.match.subject is Subject.CONDITION)
