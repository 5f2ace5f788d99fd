"""The pure rules, against samples of the vectors of the C++ tests."""

import array
import ctypes
import json
import subprocess
import sys
import threading
import tracemalloc
import uuid
from contextlib import contextmanager
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

import pytest

import ignition
from ignition.rules import focus, fsrs, recurrence, sm2, training

VECTORS = Path(__file__).resolve().parents[3] / "tests" / "vectors"
AT = datetime(2026, 1, 10, 12, tzinfo=timezone.utc)


def vectors(name):
    return json.loads((VECTORS / name).read_text())


@contextmanager
def refused(field):
    """A refusal that names the field."""
    with pytest.raises(ignition.ValidationError) as error:
        yield
    assert error.value.fields[0]["field"] == field


def near(found, expected, tolerance=1e-6):
    return found == pytest.approx(expected, rel=tolerance, abs=tolerance)


def test_cards_are_scheduled_as_in_the_vectors():
    for case in vectors("learning/fsrs_schedule.json")["cases"][:60]:
        config = case["config"]
        scheduler = fsrs.Scheduler(
            parameters=None if config["params"] == "default" else config["params"],
            desired_retention=config["desired_retention"],
            maximum_interval_days=config["maximum_interval"],
            learning_steps=config["learning_steps_minutes"],
            relearning_steps=config["relearning_steps_minutes"],
            fuzz=False,
        )
        card = fsrs.new_card(uuid.UUID(int=1))
        for review, expected in zip(case["reviews"], case["expect"]):
            outcome = scheduler.review(card, review["rating"], review["at"])
            assert outcome == scheduler.preview(card, review["at"])[fsrs.RATINGS[review["rating"] - 1]]
            card = outcome["card"]
            found = [outcome["elapsed_days"], *(card[key] for key in ("state", "step", "scheduled_days", "reps", "lapses"))]
            assert found == [
                expected[key] for key in ("elapsed_days", "state", "step", "scheduled_days", "reps", "lapses")
            ], case["id"]
            assert datetime.fromisoformat(card["due_at"]) == datetime.fromisoformat(expected["due"])
            assert near(card["stability"], expected["stability"]) and near(card["difficulty"], expected["difficulty"])


def histories(cards):
    """Of lists of (rating, elapsed days), with the day of the first review."""
    offsets, ratings, elapsed, at = [0], [], [], []
    for first_day, reviews in cards:
        day = first_day
        for rating, days in reviews:
            day += days
            ratings.append(rating)
            elapsed.append(days)
            at.append(day * 86_400_000_000)
        offsets.append(len(ratings))
    return {
        "offsets": array.array("q", offsets),
        "ratings": bytes(ratings),
        "elapsed_days": array.array("i", elapsed),
        "reviewed_at": array.array("q", at),
    }


def test_replayed_histories_are_those_of_the_vectors():
    cases = [c for c in vectors("learning/fsrs_memory_state.json")["cases"] if c["params"] == "default"][:100]
    reviews = histories([(0, [(r["rating"], r["elapsed_days"]) for r in case["reviews"]]) for case in cases])
    found = fsrs.Scheduler().replay_many(reviews, each_review=True, threads=2)
    assert near(list(found["stability"]), [case["expect"][-1]["stability"] for case in cases])
    assert near(list(found["difficulty"]), [case["expect"][-1]["difficulty"] for case in cases])
    expected = [one for case in cases for one in case["expect"]]
    assert near(list(found["review_stability"]), [one["stability"] for one in expected])
    for probability, one in zip(found["review_retrievability"], expected):
        before = one["retrievability_before"]
        assert probability != probability if before is None else near(probability, before)


def test_intervals_fuzz_and_conversion_are_those_of_the_vectors():
    for case in vectors("learning/fsrs_interval.json")["cases"][:50]:
        parameters = [*vectors("learning/fsrs_memory_state.json")["default_params"][:20], case["decay_w20"]]
        scheduler = fsrs.Scheduler(
            parameters=parameters,
            desired_retention=case["desired_retention"],
            maximum_interval_days=case["maximum_interval"],
        )
        assert list(scheduler.intervals_many(array.array("d", [case["stability"]]))) == [case["expect"]["interval_days"]]
    for case in vectors("learning/fsrs_fuzz.json")["cases"]:
        found = fsrs.fuzz(
            case["card_id"], case["reps"], case["interval"], elapsed_days=case["elapsed_days"],
            maximum_interval_days=case["maximum_interval"],
        )
        assert abs(found["factor"] - case["expect"]["factor"]) < 1e-15
        assert (found["lowest"] is None) == (case["expect"]["range"] is None)
    for case in vectors("learning/fsrs_from_sm2.json")["cases"]:
        parameters = None if case["params"] == "default" else case["params"]
        stability, difficulty = fsrs.Scheduler(parameters=parameters).from_sm2(
            case["interval_days"], case["ease_factor"], case["sm2_retention"]
        )
        assert near(stability, case["expect"]["stability"]) and near(difficulty, case["expect"]["difficulty"])


def test_sm_2_is_that_of_the_vectors():
    for case in vectors("learning/sm2.json")["cases"]:
        card = case["start"]
        for grade, expected in zip(case["grades"], case["expect"]):
            found = sm2.review(card, grade + 1)
            card = found["card"]
            assert near(card["interval_days"], expected["interval_days"], 1e-9)
            assert near(card["ease_factor"], expected["ease_factor"], 1e-9)
            assert (card["lapses"], found["due_in_days"]) == (expected["lapses"], expected["due_in_days"])


def dataset(name, times=1):
    found = next(one for one in vectors("learning/fsrs_optimizer.json")["datasets"] if one["id"] == name)
    return histories([(card["first_day"], card["reviews"]) for card in found["cards"]] * times), found["expect"]


@pytest.mark.parametrize("name", ["tiny", "under_64", "medium"])
def test_parameters_are_fitted_as_in_the_vectors(name):
    reviews, expected = dataset(name)
    told = []
    fitted = fsrs.optimize(reviews, progress=lambda step, steps: told.append((step, steps)))
    assert (fitted["stage"], fitted["items"]) == (expected["stage"], expected["items"])
    assert len(fitted["parameters"]) == 21
    assert abs(fsrs.evaluate(reviews)["log_loss"] - expected["log_loss_default"]) < 1e-5
    if name == "medium":
        assert told and told == sorted(told) and told[-1][0] == told[-1][1]
        assert fsrs.evaluate(reviews, fitted["parameters"])["log_loss"] <= expected["max_log_loss"]
        assert list(fsrs.optimize(reviews, threads=2)["parameters"]) == list(fitted["parameters"])


def test_fitting_ends_with_what_the_progress_raises():
    reviews, _ = dataset("medium")
    steps = []

    def impatient(step, _):
        steps.append(step)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fsrs.optimize(reviews, progress=impatient)
    assert len(steps) == 1
    with pytest.raises(TypeError):
        fsrs.optimize(reviews, progress=5)


def test_other_threads_run_while_parameters_are_fitted():
    class Ran(Exception):
        pass

    counted = 0
    ended = threading.Event()
    ends = []

    def look(step, steps, seen=[]):
        seen.append(counted)
        if counted > seen[0]:
            raise Ran

    def fit():
        try:
            fsrs.optimize(dataset("large", times=60)[0], progress=look)
        except Ran as end:
            ends.append(end)
        ended.set()

    thread = threading.Thread(target=fit)
    thread.start()
    while not ended.is_set():
        counted += 1
    thread.join()
    assert ends


def test_many_cards_are_reviewed_like_one():
    scheduler = fsrs.Scheduler(timezone="Europe/Berlin", day_start_hour=4)
    ids = [uuid.UUID(int=7 + i) for i in range(40)]
    cards = [fsrs.new_card(one) for one in ids]
    count = len(cards)
    table = {
        "state": bytes(count), "step": array.array("i", [0] * count), "stability": array.array("d", [0] * count),
        "difficulty": array.array("d", [0] * count), "last_reviewed_at": array.array("q", [0] * count),
        "last_study_day": array.array("i", [0] * count), "lapses": array.array("i", [0] * count),
        "reps": array.array("i", [0] * count), "ids": b"".join(one.bytes for one in ids),
    }
    states = ["new", "learning", "review", "relearning"]
    at = AT
    for turn in range(6):
        ratings = [(i * 7 + turn) % 4 + 1 for i in range(count)]
        outcomes = [scheduler.review(card, rating, at) for card, rating in zip(cards, ratings)]
        found = scheduler.review_many(table, bytes(ratings), at, threads=2)
        cards = [outcome["card"] for outcome in outcomes]
        assert [states[state] for state in found["state"]] == [card["state"] for card in cards]
        for key in ("step", "stability", "difficulty", "scheduled_days", "lapses", "reps"):
            assert list(found[key]) == [card[key] for card in cards], key
        due = [datetime.fromisoformat(card["due_at"]) for card in cards]
        assert [datetime.fromtimestamp(0, timezone.utc) + timedelta(microseconds=int(t)) for t in found["due_at"]] == due
        for probability, outcome in zip(found["retrievability"], outcomes):
            single = outcome["retrievability"]
            assert probability != probability if single is None else probability == single
        micros = (at - datetime(1970, 1, 1, tzinfo=timezone.utc)) // timedelta(microseconds=1)
        table = {**{key: found[key] for key in table if key in found}, "ids": table["ids"],
                 "last_study_day": found["study_day"], "last_reviewed_at": array.array("q", [micros] * count)}
        at = at + timedelta(days=3)
    assert list(scheduler.review_many(table, bytes([3] * count), at, columns=["due_at"])) == ["due_at"]


def test_arrays_are_read_where_they_lie():
    numpy = pytest.importorskip("numpy")
    count = 10_000_000
    stability = numpy.linspace(0.1, 1000, count)
    elapsed = numpy.arange(count, dtype="int32") % 500
    scheduler = fsrs.Scheduler()
    tracemalloc.start()
    found = scheduler.retrievability_many(stability, elapsed, threads=2)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < count * 8 + 1_000_000  # the result, and nothing else
    assert found.dtype == "float64" and found.flags.owndata and found.flags.writeable
    assert found[7] == scheduler.retrievability_many(stability[7:8], 7)[0]


def test_everything_that_lends_its_memory_is_taken():
    numpy = pytest.importorskip("numpy")
    scheduler = fsrs.Scheduler()
    expected = list(scheduler.retrievability_many(array.array("d", [2, 10, 100]), array.array("i", [2, 10, 100])))
    assert near(expected, [0.9] * 3)

    class Frame:
        def __array__(self, dtype=None, copy=None):
            return numpy.array([2.0, 10.0, 100.0])

    read_only = numpy.array([2.0, 10.0, 100.0])
    read_only.flags.writeable = False
    for lender in (memoryview(read_only), read_only, Frame(), arrow("d", "g", [2, 10, 100])):
        assert list(scheduler.retrievability_many(lender, numpy.array([2, 10, 100], "int32"))) == expected
    days = arrow("i", "tdD", [9, 2, 10, 100], offset=1)
    assert list(scheduler.retrievability_many(read_only, days)) == expected
    reviews, _ = dataset("under_64")
    times = numpy.array(reviews["reviewed_at"]).view("datetime64[us]")
    assert fsrs.evaluate({**reviews, "reviewed_at": times}) == fsrs.evaluate(reviews)


class ArrowSchema(ctypes.Structure):
    _fields_ = [("format", ctypes.c_char_p), ("name", ctypes.c_char_p), ("metadata", ctypes.c_char_p),
                ("flags", ctypes.c_int64), ("n_children", ctypes.c_int64), ("children", ctypes.c_void_p),
                ("dictionary", ctypes.c_void_p), ("release", ctypes.c_void_p), ("private_data", ctypes.c_void_p)]


class ArrowArray(ctypes.Structure):
    _fields_ = [("length", ctypes.c_int64), ("null_count", ctypes.c_int64), ("offset", ctypes.c_int64),
                ("n_buffers", ctypes.c_int64), ("n_children", ctypes.c_int64),
                ("buffers", ctypes.POINTER(ctypes.c_void_p)), ("children", ctypes.c_void_p),
                ("dictionary", ctypes.c_void_p), ("release", ctypes.c_void_p), ("private_data", ctypes.c_void_p)]


def arrow(code, format, values, offset=0, valid=None):
    """An array as Arrow's libraries give it, without them."""
    memory = array.array(code, values)
    bits = ctypes.create_string_buffer(bytes([valid])) if valid is not None else None
    buffers = (ctypes.c_void_p * 2)(ctypes.addressof(bits) if bits else None, memory.buffer_info()[0])
    schema = ArrowSchema(format=format.encode(), release=1)
    column = ArrowArray(len(values) - offset, -1 if bits else 0, offset, 2, 0, buffers, None, None, 1, None)
    new = ctypes.pythonapi.PyCapsule_New
    new.restype, new.argtypes = ctypes.py_object, [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]

    class Array:
        kept = (memory, bits, buffers, schema, column)

        def __arrow_c_array__(self, requested_schema=None):
            return new(ctypes.addressof(schema), b"arrow_schema", None), new(ctypes.addressof(column), b"arrow_array", None)

    return Array()


def test_columns_of_the_wrong_kind_are_refused_by_name():
    numpy = pytest.importorskip("numpy")
    many = fsrs.Scheduler().retrievability_many
    days = numpy.array([1, 2], "int32")
    good = numpy.array([1.0, 2.0])
    for bad in ([1.0, 2.0], "12", 5, good.astype("float32"), good.astype(">f8"), numpy.array(["a", "b"]), object(),
                arrow("i", "i", [1, 2])):
        with refused("stability"):
            many(bad, days)
    for bad in (good.reshape(1, 2), numpy.arange(4.0)[::2], arrow("d", "g", [1, 2], valid=1)):
        with refused("stability"):
            many(bad, days)
    assert len(many(arrow("d", "g", [1, 2], valid=3), days)) == 2
    for field, stability, elapsed in (
        ("elapsed_days", good, days[:1].repeat(3)), ("elapsed_days", good, good), ("elapsed_days[1]", good, numpy.array([1, -1], "int32")),
        ("stability[1]", numpy.array([1, numpy.nan]), days), ("stability[0]", numpy.array([-1.0, 1]), days),
        ("stability[1]", numpy.array([1, numpy.inf]), days),
    ):
        with refused(field):
            many(stability, elapsed)
    for threads in (0, 257, "2", 2.0, True):
        with refused("threads"):
            many(good, days, threads=threads)
    reviews, _ = dataset("tiny")
    bad = bytearray(reviews["ratings"])
    bad[7] = 5
    with refused("ratings[7]"):
        fsrs.optimize({**reviews, "ratings": bad})
    with refused("reviews.offsets"):
        fsrs.optimize({"ratings": bad})
    with refused("reviewed_at"):
        fsrs.optimize({**reviews, "reviewed_at": None})
    with refused("rating"):
        fsrs.Scheduler().review(fsrs.new_card(uuid.UUID(int=1)), 5, AT)
    with refused("desired_retention"):
        fsrs.Scheduler(desired_retention=2)


def test_without_numpy_results_are_of_the_module_array():
    program = (
        "import sys; sys.modules['numpy'] = None\n"
        "import array; from ignition.rules import fsrs, recurrence\n"
        "found = fsrs.Scheduler().retrievability_many(array.array('d', [2.0]), 2)\n"
        "assert type(found) is array.array and abs(found[0] - 0.9) < 1e-12\n"
        "assert list(fsrs.Scheduler().retrievability_many(array.array('d'), 2)) == []\n"
        "assert list(recurrence.expand_many([{'start': '2026-01-05'}])['offsets']) == [0, 1]\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def series_of(case):
    return {"start": case["dtstart"], "timezone": case["tzid"], "recurrence_rule": case["rrule"],
            "exdates": case["exdates"], "rdates": case["rdates"]}


def bound(text):
    return f"{text}T00:00:00Z" if len(text) == 10 else text


def test_series_have_the_instances_of_the_vectors():
    cases = [case for case in vectors("planning/recurrence.json")["cases"] if case["occurrences"]]
    for case in cases:
        found = recurrence.expand(series_of(case), from_=bound(case["window"]["start"]), to=bound(case["window"]["end"]))
        assert found == {"starts": case["occurrences"], "truncated": False}, case["id"]
    year = {"from_": AT, "to": AT + timedelta(days=365), "limit": 100}
    series = [series_of(case) for case in cases]
    many = recurrence.expand_many(series, threads=2, **year)
    for i, one in enumerate(series):
        alone = recurrence.expand(one, **year)
        mine = many["starts"][many["offsets"][i] : many["offsets"][i + 1]]
        assert list(mine) == [int(datetime.fromisoformat(bound(t)).timestamp() * 1e6) for t in alone["starts"]]
        assert many["truncated"][i] == alone["truncated"]
    assert len(many["offsets"]) == len(series) + 1
    series[3] = {"start": "2026-01-01T00:00:00", "recurrence_rule": "FREQ=HOURLY"}
    with refused("series[3].recurrence_rule"):
        recurrence.expand_many(series)


def test_rules_are_made_canonical_or_refused_as_in_the_vectors():
    for case in vectors("planning/rrule_validation.json")["cases"]:
        if case["rule"] == "":
            continue  # an empty text is no rule at all here
        given = {"start": case["dtstart"], "timezone": case["tzid"] or "UTC"}
        if case.get("canonical"):
            assert recurrence.parse(case["rule"], **given)["recurrence_rule"] == case["canonical"]
        else:
            with pytest.raises(ignition.ValidationError) as error:
                recurrence.parse(case["rule"], **given)
            assert error.value.reason == case["reason"], case["rule"]


def test_series_take_the_times_of_python():
    weekly = {"start": datetime(2026, 3, 23, 9), "timezone": "Europe/Berlin", "recurrence_rule": "FREQ=WEEKLY;COUNT=3",
              "exdates": [datetime(2026, 3, 30, 7, tzinfo=timezone.utc)]}
    assert recurrence.expand(weekly)["starts"] == ["2026-03-23T08:00:00Z", "2026-04-06T07:00:00Z"]
    daily = {"start": date(2026, 1, 1), "recurrence_rule": "FREQ=DAILY;COUNT=2", "rdates": [date(2026, 5, 1)]}
    assert recurrence.expand(daily)["starts"] == ["2026-01-01", "2026-01-02", "2026-05-01"]
    for bad in ({"start": AT}, {}, {"start": "2026-01-01T09:00:00", "timezone": "Moon/Sea"}):
        with pytest.raises(ignition.ValidationError):
            recurrence.expand(bad)


def test_one_rep_maximums_are_those_of_the_vectors():
    cases = [c for c in vectors("exercise/one_rep_max.json")["estimate"] if c["formula"] == "auto" and "bodyweight_g" not in c]
    for case in cases:
        found = training.one_rep_max(case["weight_g"], case["reps"])
        assert (found and found["one_rep_max_g"]) == case["one_rep_max_g"]
    grams, reps = array.array("q", [c["weight_g"] for c in cases]), array.array("i", [c["reps"] for c in cases])
    assert list(training.one_rep_max_many(grams, reps)) == [c["one_rep_max_g"] or 0 for c in cases]
    with refused("weight_g[1]"):
        training.one_rep_max_many(array.array("q", [1, 3_000_000]), array.array("i", [1, 1]))
    with refused("weight_g"):
        training.one_rep_max(3_000_000, 1)
    with refused("reps"):
        training.one_rep_max_many(grams, array.array("i", [1]))


def test_personal_records_are_those_of_the_vectors():
    compared = 0
    fields = {"id", "session", "position", "performed_at", "weight_g", "reps", "duration_seconds", "distance_mm", "is_warmup"}
    for case in vectors("exercise/personal_records.json")["cases"]:
        if any(op["op"] not in ("exercise", "session", "set") for op in case["ops"]):
            continue
        sessions = [{k: v for k, v in op.items() if k in ("id", "started_at", "status", "bodyweight_g")}
                    for op in case["ops"] if op["op"] == "session"]
        for exercise in (op for op in case["ops"] if op["op"] == "exercise"):
            sets = [{("session_id" if k == "session" else k): v for k, v in op.items() if k in fields} for op in case["ops"] if op["op"] == "set" and op["exercise"] == exercise["id"]]
            found = training.personal_records(
                sessions, sets, measured_by=exercise["measured_by"], load_mode=exercise["load_mode"]
            )
            expected = case["expect"][exercise["id"]]["current"]
            assert [(one["record_type"], one["bucket_weight_g"], one["value"]) for one in found["current"]] == [
                (one["record_type"], one.get("bucket_weight_g"), one["value"]) for one in expected
            ], case["name"]
            compared += 1
    assert compared > 20


def test_streaks_and_volume_are_those_of_the_vectors():
    stats = vectors("exercise/stats.json")
    for case in stats["streak"]:
        found = training.streaks(
            case["session_dates"], case["today"], weekly_goal=case["weekly_goal"], week_start=case["week_start"]
        )
        assert found == case["expect"], case["name"]
    keys = ("key", "measured_by", "load_mode", "primary_muscles", "secondary_muscles")
    known = [{key: one[key] for key in keys} for one in vectors("exercise/exercises.json")["exercises"]]
    found = training.volume(known, [{k: v for k, v in one.items()} for one in stats["muscles"][0]["sets"]])
    expected = stats["muscles"][0]["expect"]
    assert {one.pop("muscle"): one for one in found["muscles"]} == expected
    with refused("sets[0].exercise"):
        training.volume([], [{"exercise": "none"}])


def test_a_focus_session_runs_as_in_the_vectors():
    """Every case of one session that starts, pauses, resumes and ends."""
    compared = 0
    for case in vectors("planning/focus.json")["cases"]:
        session = None
        for step in case["steps"]:
            given, expected = step.get("input", {}), step["expect"]
            if "error" in expected:
                break
            if step["op"] == "start" and session is None and set(given) <= {"mode", "duration_seconds"}:
                mode = given.get("mode", "focus")
                length = given.get("duration_seconds", 1500 if mode == "focus" else 300)
                session = focus.start(length, mode=mode, now=step["at"])["session"]
                if session["duration_seconds"] != expected["session"]["duration_seconds"]:
                    break  # of the user's settings
            elif step["op"] in ("pause", "resume", "complete", "abandon") and session is not None:
                session = getattr(focus, step["op"])(session, now=step["at"])["session"]
            else:
                break
            if session["status"] != expected["session"]["status"]:
                raise AssertionError(case["id"])
            assert session["duration_seconds"] == expected["session"]["duration_seconds"]
            if expected["session"]["ends_at"] is not None:
                assert datetime.fromisoformat(session["ends_at"]) == datetime.fromisoformat(expected["session"]["ends_at"])
            compared += 1
    assert compared > 40


def test_a_focus_session_is_checked():
    session = focus.start(1500, now=AT)["session"]
    paused = focus.pause(session, now=AT + timedelta(minutes=10))["session"]
    done = focus.complete(focus.resume(paused, now=AT + timedelta(minutes=30))["session"], now=AT + timedelta(minutes=45))
    assert (done["session"]["status"], done["session"]["xp_awarded"], done["changed"]) == ("completed", 25, True)
    assert focus.pause(done["session"], now=AT + timedelta(minutes=46))["refusal"] == "no_live_session"
    assert focus.settle(session, now=AT + timedelta(minutes=59))["session"]["status"] == "expired"
    assert focus.abandon(session, now=AT)["session"]["status"] == "abandoned"
    with refused("duration_seconds"):
        focus.start(1, now=AT)
    with refused("session.paused_at"):
        focus.pause({**session, "status": "paused"}, now=AT)
