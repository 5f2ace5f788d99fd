"""Whatever a program gets wrong is an exception of the right class, and changes nothing."""

import pickle
import uuid
from collections import deque
from datetime import datetime

import pytest

import ignition
from ignition import _core, errors


def test_every_error_code_has_its_class():
    assert set(errors.ERRORS) == set(_core.codes())
    for code, error in errors.ERRORS.items():
        assert error.code == code and getattr(ignition, error.__name__) is error


def test_a_refused_field_is_named_with_its_path_and_bound(me):
    with pytest.raises(ignition.ValidationError) as refused:
        me.focus.start(duration_seconds=5)
    error = refused.value
    assert (error.code, error.reason) == ("VALIDATION_ERROR", "out_of_range")
    assert str(error) == error.message == "duration_seconds: must be 60..14400, got 5"
    assert error.fields[0]["field"] == "duration_seconds" and error.details["fields"] == error.fields


@pytest.mark.parametrize(
    ("field", "value", "path", "code"),
    [
        ("name", None, "name", "wrong_type"),
        ("name", 5, "name", "wrong_type"),
        ("name", b"Read", "name", "wrong_type"),
        ("name", object(), "name", "wrong_type"),
        ("name", {"Read"}, "name", "wrong_type"),
        ("name", lambda: "Read", "name", "wrong_type"),
        ("name", "lone \ud800 surrogate", "name", "invalid_text"),
        ("name", {"a": {1: 2}}, "name.a", "wrong_type"),
        ("name", ["a", float("nan")], "name[1]", "out_of_range"),
        ("name", float("inf"), "name", "out_of_range"),
        ("name", 1 << 64, "name", "out_of_range"),
        ("name", datetime(2026, 3, 10), "name", "invalid_format"),
        ("nonsense", 1, "nonsense", "unknown_field"),
    ],
)
def test_values_of_the_wrong_kind_are_refused_by_name(me, field, value, path, code):
    with pytest.raises(ignition.ValidationError) as refused:
        me.habits.create(**{"name": "Read", field: value})
    assert (refused.value.fields[0]["field"], refused.value.fields[0]["code"]) == (path, code)
    assert me.habits.list()["habits"] == []


def test_a_missing_field_is_refused_by_name(me):
    with pytest.raises(ignition.ValidationError) as refused:
        me.habits.create()
    assert refused.value.fields == [{"field": "name", "code": "required", "message": refused.value.fields[0]["message"]}]


def test_an_input_that_contains_itself_is_refused(me):
    loop = {}
    loop["again"] = [loop]
    for value in (loop, deque([loop])):
        with pytest.raises(ignition.ValidationError) as refused:
            me.call("habits.create", {"name": value})
        assert refused.value.reason == "too_deep"


def test_an_exception_in_a_value_s_own_code_comes_through(me):
    class Moody(dict):
        pass

    class Broken:
        def keys(self):
            return []

        def __getitem__(self, _):
            return None

        def items(self):
            raise RuntimeError("no items today")

    with pytest.raises(RuntimeError, match="no items today"):
        me.call("habits.create", {"name": Broken()})
    assert me.call("habits.create", Moody(name="Read"))["habit"]["name"] == "Read"


@pytest.mark.parametrize("given", [[], "text", 5, b"{}"])
def test_an_input_that_is_no_object_is_refused(me, given):
    with pytest.raises(ignition.ValidationError):
        me.call("habits.create", given)


def test_who_may_call_is_checked(ig, me):
    with pytest.raises(ignition.Forbidden):
        me.users.list()
    with pytest.raises(ignition.Unauthorized):
        ig.today.get()
    with pytest.raises(ignition.Unauthorized):
        ig.as_user(uuid.uuid4()).today.get()


def test_what_does_not_exist_is_not_found(ig, me):
    for call in (lambda: me.focus.get(id=uuid.uuid4()), lambda: me.call("focus.dance"), lambda: me.call("")):
        with pytest.raises(ignition.NotFound):
            call()
    with pytest.raises(AttributeError):
        me.focus.dance()
    with pytest.raises(AttributeError):
        me.dancing


def test_arguments_of_the_wrong_kind_are_validation_errors(ig, me):
    for call in (
        lambda: ig.as_user("nobody"),
        lambda: ig.as_user(5),
        lambda: ig.set_now("noon"),
        lambda: ig.set_now(None),
        lambda: me.call(None),
        lambda: me.call("today.get", idempotency_key=5),
        lambda: me.answer("today.get", if_none_match=5),
        lambda: ignition.open("file.db"),
        lambda: ignition.open(5),
        lambda: ignition.open("sqlite::memory:", now="noon"),
        lambda: ignition.open("sqlite::memory:", seed="x"),
        lambda: ignition.open("sqlite::memory:", settings={"AUTH_MIN_AGE": object()}),
    ):
        with pytest.raises(ignition.ValidationError):
            call()


def test_a_clock_that_runs_cannot_be_set():
    with ignition.open("sqlite::memory:") as ig, pytest.raises(ignition.Conflict):
        ig.set_now("2026-03-10T09:00:00Z")


def test_a_folder_that_is_not_there_cannot_be_opened(tmp_path):
    with pytest.raises(ignition.Error):
        ignition.open(f"sqlite:///{tmp_path}/no/such/folder/life.db")


def test_errors_can_be_sent_to_other_processes(me):
    with pytest.raises(ignition.NotFound) as refused:
        me.focus.get(id=uuid.uuid4())
    copy = pickle.loads(pickle.dumps(refused.value))
    assert type(copy) is ignition.NotFound and copy.details == refused.value.details and str(copy) == str(refused.value)
