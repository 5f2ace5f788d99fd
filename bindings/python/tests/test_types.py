"""What type checkers know is what runs."""

import ast
import inspect
import re
import subprocess
import sys
import typing
from pathlib import Path

import ignition
import ignition.types
from ignition import _core

PACKAGE = Path(ignition.__file__).parent
GOOD = """
import datetime, uuid
import ignition
from ignition.types import FocusSession

def begin(me: ignition.User) -> FocusSession:
    session = me.focus.start(duration_seconds=1500, mode="focus", idempotency_key="k")
    reveal_type(session["duration_seconds"])
    reveal_type(me.today.get()["quick_picks"][0]["label"])
    me.focus.get(id=uuid.UUID(session["id"]))
    me.focus.list(from_=datetime.date(2026, 3, 10), page=1)
    return session

with ignition.open("sqlite::memory:", now=datetime.datetime.now(datetime.timezone.utc)) as ig:
    begin(ig.as_user(ig.users.create(email="ada@example.org")["user"]["id"]))
"""
BAD = """
import ignition
me = ignition.open("sqlite::memory:").as_user("x")
me.focus.dance()
me.focus.start(duration_seconds="long")
me.focus.start(mode="dance")
me.focus.get()
me.today.get()["nonsense"]
"""


def mypy(tmp_path, text):
    program = tmp_path / "program.py"
    program.write_text(text)
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--no-incremental", "--cache-dir=/dev/null", str(program)],
        capture_output=True, text=True, cwd=tmp_path,
    )
    return done.returncode, done.stdout + done.stderr


def test_a_well_typed_program_passes_the_strict_checker(tmp_path):
    status, said = mypy(tmp_path, GOOD)
    assert status == 0, said
    revealed = re.findall(r'Revealed type is "(?:builtins\.)?(\w+)"', said)
    assert revealed == ["int", "str"]


def test_every_mistake_in_an_ill_typed_program_is_found(tmp_path):
    status, said = mypy(tmp_path, BAD)
    assert status == 1
    lines = {line.split(":")[1] for line in said.splitlines() if ": error:" in line}
    assert lines == {"4", "5", "6", "7", "8"}, said


def test_the_stub_has_every_method_with_its_fields():
    stub = ast.parse((PACKAGE / "operations.pyi").read_text())
    classes = {node.name: node for node in stub.body if isinstance(node, ast.ClassDef)}
    methods = {}

    def collect(node, prefix):
        for item in node.body:
            if not isinstance(item, ast.FunctionDef):
                continue
            if item.decorator_list:
                collect(classes[item.returns.id], f"{prefix}{item.name}.")
            else:
                methods[prefix + item.name] = {argument.arg for argument in item.args.kwonlyargs}

    collect(classes["Operations"], "")
    assert set(methods) == {name for name, *_ in _core.operations()}
    for name, _, fields, _ in _core.operations():
        assert {argument.rstrip("_") for argument in methods[name]} - {"idempotency_key"} == set(fields), name


def test_an_output_has_the_fields_of_its_type(me):
    def check(value, hint):
        if typing.get_origin(hint) is list:
            for item in value:
                check(item, typing.get_args(hint)[0])
        elif isinstance(value, dict) and typing.is_typeddict(hint):
            hints = typing.get_type_hints(hint)
            assert set(value) == set(hints)
            for key, inner in value.items():
                check(inner, hints[key])

    check(me.today.get(), ignition.types.RulesTodayPayload)
    check(me.focus.start(duration_seconds=600), ignition.types.FocusSession)


def test_every_type_can_be_used_at_run_time():
    found = [value for value in vars(ignition.types).values() if typing.is_typeddict(value)]
    assert len(found) > 50
    for each in found:
        assert typing.get_type_hints(each) is not None
    assert inspect.getmodule(found[0]) is ignition.types
