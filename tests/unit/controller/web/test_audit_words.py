"""Whatever the controller records is told in words."""

import ast
from collections.abc import Iterator
from pathlib import Path

import controller
from contract.commands import CATALOGUE
from controller.web.audit_words import ACTION, action

HERE = Path(controller.__file__).parent
Function = ast.FunctionDef | ast.AsyncFunctionDef


def values(found: ast.expr, within: Function, module: ast.Module) -> Iterator[str]:
    """What an expression may be, read without running it; a part that varies is `*`."""
    match found:
        case ast.Constant(value=str(text)):
            yield text
        case ast.IfExp(body=one, orelse=other):
            yield from values(one, within, module)
            yield from values(other, within, module)
        case ast.JoinedStr(values=parts):
            yield "".join(str(one.value) if isinstance(one, ast.Constant) else "*" for one in parts)
        case ast.Name(id=name):
            yield from named(name, within, module)
        case _:
            raise AssertionError(f"an action that cannot be read: {ast.unparse(found)}")


def named(name: str, within: Function, module: ast.Module) -> Iterator[str]:
    """A constant of the module, or what the function's callers give."""
    for line in module.body:
        if isinstance(line, ast.Assign) and ast.unparse(line.targets[0]) == name:
            yield from values(line.value, within, module)
    arguments = [argument.arg for argument in within.args.args]
    if name in arguments:
        at = arguments.index(name)
        for caller, call in calls(module, within.name):
            yield from values(call.args[at], caller, module)


def calls(module: ast.Module, name: str) -> Iterator[tuple[Function, ast.Call]]:
    """Each call of a function by its plain name, with the function it is in."""
    for function in ast.walk(module):
        if isinstance(function, Function):
            for node in ast.walk(function):
                if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] == name:
                    yield function, node


def recorded() -> Iterator[str]:
    """Every action that is recorded anywhere."""
    for path in sorted(HERE.rglob("*.py")):
        module = ast.parse(path.read_text(encoding="utf-8"))
        for function, call in calls(module, "record"):
            for keyword in call.keywords:
                if keyword.arg == "action" and function.name != "record":
                    found = list(values(keyword.value, function, module))
                    assert found, f"{path.name}: {ast.unparse(keyword.value)} is nowhere given"
                    yield from found


def moves() -> Iterator[str]:
    """What people do to a rollout, recorded through one function that is told what it is."""
    path = HERE / "rollouts" / "services.py"
    module = ast.parse(path.read_text(encoding="utf-8"))
    for name, at in (("_moved", 2), ("_note", 1)):
        for function, call in calls(module, name):
            if function.name != "_moved":
                yield from (f"rollout.{one}" for one in values(call.args[at], function, module))


def test_every_action_that_is_recorded_has_words_and_none_has_words_in_vain() -> None:
    assert {*recorded(), *moves()} == {*ACTION, "command.*", "rollout.*"}


def test_every_order_has_words() -> None:
    for entry in CATALOGUE:
        name = f"command.{entry.name}"
        assert action(name) != name
