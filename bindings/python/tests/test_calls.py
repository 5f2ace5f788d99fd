"""What a program that embeds Ignition does all day."""

import inspect
import json
import keyword
import uuid
from datetime import date, datetime, timedelta, timezone
from enum import Enum
from types import MappingProxyType

import pytest

import ignition
from ignition import _core


def said(name):
    return name + "_" if keyword.iskeyword(name) else name


def test_every_operation_of_the_catalogue_is_a_method_that_knows_its_fields(ig):
    names = {name for name, *_ in _core.operations()}
    assert {"users.create", "focus.start", "today.get", "streaks.days"} <= names
    for name, summary, fields, required in _core.operations():
        method = ig
        for part in name.split("."):
            method = getattr(method, said(part))
        assert method.__doc__ == summary
        parameters = inspect.signature(method).parameters
        assert set(parameters) == {*map(said, fields), "idempotency_key"}
        for field in required:
            assert parameters[said(field)].default is inspect.Parameter.empty


def test_no_namespace_hides_a_method_of_the_callers():
    own = {name for kind in (ignition.Ignition, ignition.User, ignition.Caller) for name in vars(kind)}
    assert not own & {name.split(".")[0] for name, *_ in _core.operations()}


def test_a_call_by_attribute_is_the_call_by_name(me):
    started = me.focus.start(duration_seconds=1500)
    assert started["status"] == "active" and started["duration_seconds"] == 1500
    assert me.call("focus.get", {"id": started["id"]}) == me.focus.get(id=uuid.UUID(started["id"])) == started
    assert me.today.get() == me.call("today.get")
    assert me.today.get()["resolved_state"] == "focus_active"


def test_a_user_is_named_by_text_or_uuid(ig, me):
    assert ig.as_user(str(me.id)).user.get() == me.user.get()
    assert ig.as_user(str(me.id)).id == me.id
    assert ignition.LOCAL_USER == uuid.UUID(int=1)


def test_outputs_are_plain_python_values(me):
    today = me.today.get()
    assert json.loads(json.dumps(today)) == today
    assert today["local_date"] == "2026-03-10"
    assert isinstance(today["max_ctas"], int) and isinstance(today["quick_picks"], list)
    assert me.plan.get() == {"plan": None}


def test_texts_survive_the_way_there_and_back(me):
    for text in ("Ünïcödé 日本 🚀", 'quote " backslash \\ slash /', "tab\tline\n", "e\u0301"):
        assert me.habits.create(name=text)["habit"]["name"] == text.strip()


def test_python_values_are_taken_for_what_they_mean(ig, me):
    class Mode(Enum):
        LONG = "long_break"

    class Level(str, Enum):
        RESTS = "break"

    assert me.focus.start(mode=Mode.LONG, duration_seconds=600)["mode"] == "long_break"
    assert me.focus.start(mode=Level.RESTS, duration_seconds=300)["mode"] == "break"
    assert me.focus.list(from_=date(2026, 3, 10))["total"] == 2
    assert me.focus.list(from_=date(2026, 3, 11))["total"] == 0
    habit = me.call("habits.create", MappingProxyType({"name": "Read"}))["habit"]
    assert me.habits.reorder(ids=(uuid.UUID(habit["id"]),)) is not None
    assert me.habits.archive(id=habit["id"]) is not None
    ig.set_now(datetime(2026, 3, 12, 11, 30, tzinfo=timezone(timedelta(hours=2))))
    assert me.today.get()["generated_at"] == "2026-03-12T09:30:00.000000Z"


def test_the_same_store_clock_and_seed_give_the_same_bytes():
    def day():
        with ignition.open("sqlite::memory:", now="2026-03-10T09:00:00Z", seed=7) as ig:
            me = ig.as_user(ig.users.create(email="ada@example.org")["user"]["id"])
            me.focus.start(duration_seconds=1500)
            ig.set_now("2026-03-10T09:25:00Z")
            return json.dumps(me.today.get())

    assert day() == day()


def test_an_idempotency_key_is_answered_not_run_again(me):
    first = me.habits.create(name="Read", idempotency_key="k1")
    assert me.habits.create(name="Read", idempotency_key="k1") == first
    assert me.call("habits.create", {"name": "Read"}, idempotency_key="k1") == first
    assert me.answer("habits.create", {"name": "Read"}, idempotency_key="k1").replayed
    assert len(me.habits.list()["habits"]) == 1
    with pytest.raises(ignition.Conflict):
        me.habits.create(name="Write", idempotency_key="k1")


def test_an_entity_tag_spares_an_output_that_is_known(me):
    first = me.answer("today.get")
    assert first.etag == first.output["etag"] and first.status == 200 and not first.not_modified
    for tag in (first.etag, f'"{first.etag}"', f'W/"{first.etag}"', "*"):
        again = me.answer("today.get", if_none_match=tag)
        assert again.not_modified and again.output is None and again.etag == first.etag
    me.habits.create(name="Read")
    assert me.answer("today.get", if_none_match=first.etag).output is not None


def test_settings_configure_by_the_names_of_the_variables(tmp_path):
    settings = {"AUTH_MIN_AGE": 0, "TOS_CURRENT_VERSION": "", "AUTH_EMAIL_VERIFICATION_REQUIRED": False}
    with ignition.open(f"sqlite:{tmp_path}/a.db", settings=settings) as ig:
        assert ig.users.list()["total"] == 0
    with pytest.raises(ignition.ValidationError) as refused:
        ignition.open("sqlite::memory:", settings={"AUTH_MIN_AGE": "young"})
    assert "AUTH_MIN_AGE" in refused.value.fields[0]["field"]


def test_a_store_keeps_what_was_written(tmp_path):
    url = f"sqlite:///{tmp_path}/life.db"
    with ignition.open(url) as ig:
        user = ig.users.create(email="ada@example.org")["user"]
        ig.as_user(user["id"]).habits.create(name="Read")
    with ignition.open(url) as ig:
        assert [h["name"] for h in ig.as_user(user["id"]).habits.list()["habits"]] == ["Read"]


def test_a_store_that_may_not_be_migrated_is_unavailable(tmp_path):
    with ignition.open(f"sqlite:{tmp_path}/new.db", migrate=False) as ig:
        with pytest.raises(ignition.Unavailable) as refused:
            ig.users.list()
    assert refused.value.reason == "schema_pending"


def test_a_large_output_comes_piece_by_piece(me):
    me.habits.create(name="walk")
    pieces = []
    me.stream("user.export", pieces.append)
    document = json.loads(b"".join(pieces))
    assert document["user_id"] == str(me.id)
    assert [habit["name"] for habit in document["data"]["habits"]] == ["walk"]
    assert document["manifest"]["tables"]["habits"] == 1
    assert me.call("user.export")["data"].keys() == document["data"].keys()


def test_what_a_receiver_raises_ends_the_stream_and_reaches_the_caller(me):
    def give_up(piece):
        raise KeyError("enough")

    with pytest.raises(KeyError, match="enough"):
        me.stream("user.export", give_up)
    assert me.user.get()["user"]["id"] == str(me.id)
