"""Samples of the vectors that the C++ tests follow, through the rules of Python: a table of what is asked and answered."""

import array
import inspect
import json
import re
import tracemalloc
import uuid
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

import ignition
from ignition.rules import focus, fsrs, levels, lists, recurrence, sm2, streaks, training

VECTORS = Path(__file__).resolve().parents[3] / "tests" / "vectors"
FOLDERS = ("learning", "exercise", "planning")


def vectors(name):
    return json.loads((VECTORS / name).read_text())


def instant(text):
    return text and datetime.fromisoformat(text)


def given(one):
    """Without what is null or empty."""
    return {key: value for key, value in one.items() if value not in (None, [], {})}


# ---- Training ----


def text_of(case):
    value = case["input"]
    return "" if value is None else value if isinstance(value, str) else json.dumps(value)


def halves(one):
    return None if one.get("rpe") is None else int(one["rpe"] * 2)


def one_rep_max(case):
    found = training.one_rep_max(case["weight_g"] + case.get("bodyweight_g", 0), case["reps"], formula=case["formula"])
    return found and found["one_rep_max_g"], case["one_rep_max_g"]


def target_load(case):
    found = training.parse_load(text_of(case), unit=case["unit"])
    return found, lambda: {**{key: case[key] for key in ("weight_g", "percent_x100")}, "rpe_x2": halves(case)}


def target_reps(case):
    keys = ("reps_min", "reps_max", "amrap", "duration_seconds", "text")
    return training.parse_reps(text_of(case)), lambda: {key: case[key] for key in keys}


def planned_sets(case):
    sections = case["workout"]["sections"]
    order = training.set_order(
        [
            {
                **{key: section.get(key) for key in ("section_type", "rounds", "rest_seconds")},
                "exercises": [
                    {"target_sets": one["sets"], "rest_seconds": one["rest_seconds"], "superset_group": one["superset_group"]}
                    for one in section["exercises"]
                ],
            }
            for section in sections
        ],
        default_rest_seconds=case["default_rest_seconds"],
    )
    for one in order["sets"]:
        one["exercise"] = sections[one.pop("section")]["exercises"][one["exercise"]]["id"]
    return order["sets"], case["expect"]


def known_exercises():
    return [
        {
            "key": one["key"],
            "names": [one["name"], one["export_name"], *one["aliases"]],
            "export_name": one["export_name"],
            "is_assisted": one["assisted"],
        }
        for one in vectors("exercise/exercises.json")["exercises"]
    ]


def logged(sessions):
    """Sessions as the rules have them: efforts in halves, instants to compare."""
    return [
        {
            **session,
            "started_at": instant(session["started_at"]),
            "sets": [{**{k: v for k, v in one.items() if k != "rpe"}, "rpe_x2": one.get("rpe_x2", halves(one))} for one in session["sets"]],
        }
        for session in sessions
    ]


def csv_import(case):
    log = training.read_csv(
        case["csv"], timezone=case["time_zone"], weight_unit=case["weight_unit"], exercises=known_exercises()
    )
    wanted = case["expect"]
    if "error" in wanted:
        return log, wanted
    errors = [{"line": one["line"], "reason": one["code"]} for one in wanted["errors"]]
    return {**log, "sessions": logged(log["sessions"])}, {**wanted, "sessions": logged(wanted["sessions"]), "errors": errors}


def csv_export(case):
    written = training.write_csv(
        logged(case["sessions"]), format=case["format"], timezone=case["time_zone"],
        weight_unit=case["weight_unit"], exercises=known_exercises(),
    )  # fmt: skip
    return written, case["csv"]


def basis_points(factor):
    return None if factor is None else round(factor * 10_000)


def program(name):
    whole = dict(vectors("exercise/program_next.json")["programs"][name])
    del whole["duration_weeks"]
    weeks = [
        {
            "is_deload": week["is_deload"],
            "intensity_bp": basis_points(week.get("intensity_factor")),
            "days": [
                {
                    **{key: day.get(key) for key in ("id", "weekday", "order_index")},
                    "intensity_bp": basis_points(day.get("intensity_modifier")),
                }
                for day in week["days"]
            ],
        }
        for week in whole["weeks"]
    ]
    return {**whole, "weeks": weeks}


def program_next(case):
    found = training.program_next(program(case["program"]), run=case["run"], log=case["log"], today=case["today"])
    wanted = dict(case["expect"])
    if "intensity" in wanted:
        wanted["intensity_bp"] = basis_points(wanted.pop("intensity"))
    flat = {"state": found["state"], "missed": found["missed"], **(found["slot"] or {})}
    return {key: flat.get(key) for key in wanted}, wanted


def adherence(case):
    found = training.program_adherence(program(case["program"]), case["run"], log=case["log"], today=case["today"])
    return found, {"on_time": None, **case["expect"]}


def progression(case):
    found = training.progress({**case["rule"], "unit": case.get("unit")}, case["state"], case["session"])
    state = {key: found["state"][key] for key in case["expect_state"]}
    return (found["outcome"], state), (case["outcome"], case["expect_state"])


# ---- Planning ----


def as_event(one):
    return {
        "start": one["start"],
        "timezone": one["tzid"],
        "recurrence_rule": one["recurrence_rule"],
        "duration_seconds": one["duration_seconds"],
        "exdates": one["exdates"],
        "fields": {"title": one["title"]},
        "overrides": [
            {
                "recurrence_id": own["recurrence_id"],
                "start": own.get("start_time"),
                "duration_seconds": own.get("duration_seconds"),
                "fields": {"title": own["title"]} if "title" in own else {},
            }
            for own in one["overrides"]
        ],
    }


def canonical(event):
    rule = recurrence.parse(event["recurrence_rule"], start=event["start"], timezone=event["timezone"])
    overrides = [given(own) for own in event["overrides"]]
    return given({**event, "recurrence_rule": rule["recurrence_rule"], "overrides": overrides})


def patch_of(operation):
    if "patch" not in operation:
        return None
    patch = dict(operation["patch"])
    wanted = {"fields": {"title": patch.pop("title")}} if "title" in patch else {}
    if "duration_minutes" in patch:
        start = instant(patch.get("start_time", operation["occurrence"]))
        wanted["end"] = start + timedelta(minutes=patch.pop("duration_minutes"))
    if "start_time" in patch:
        wanted["start"] = patch.pop("start_time")
    return {**patch, **wanted}


def series_edit(case):
    operation = case["operation"]
    edit = recurrence.edit(
        as_event(case["before"]), operation["scope"], patch_of(operation), occurrence=operation.get("occurrence")
    )
    left = [event for event in (edit["event"], edit["created"]) if event is not None]
    listed = []
    for event, name in zip(left, ("A", "A'")):
        for one in recurrence.occurrences(event, from_=case["window"]["start"], to=case["window"]["end"]):
            title = one.pop("fields")["title"]
            seconds = int((instant(one.pop("end")) - instant(one["start"])).total_seconds())
            listed.append({**one, "series": name, "title": title, "duration_seconds": seconds})
    listed.sort(key=lambda one: one["start"])
    return ([canonical(event) for event in left], listed), (
        [canonical(as_event(one)) for one in case["after"]],
        case["occurrences"],
    )


def calendar_event(one):
    renamed = dict(one)
    start, end = renamed.pop("start"), renamed.pop("end")
    kind, other = ("date", "time") if one["all_day"] else ("time", "date")
    renamed |= {f"start_{kind}": start, f"end_{kind}": end, f"start_{other}": None, f"end_{other}": None}
    renamed["overrides"] = [
        {"recurrence_id": own["recurrence_id"], "start_time": own["start"], "end_time": own["end"], "title": own["title"]}
        for own in one["overrides"]
    ]
    return renamed


def ics_import(case):
    found = recurrence.read_calendar(case["ics"], timezone=case["user_timezone"])
    wanted = case["expect"]
    events = [calendar_event(one) for one in found["events"]]
    events = [{key: one[key] for key in expected} for one, expected in zip(events, wanted["events"], strict=True)]
    return {**{key: found[key] for key in wanted}, "events": events}, wanted


def id_of(name):
    """Names as ids that sort like them."""
    return name and str(uuid.UUID(bytes=name.encode().ljust(16, b"\0")))


def ordering(case):
    siblings = [{"id": id_of(one["id"]), "position": one["position"]} for one in case["before"]]
    found, wanted = [], []
    refusals = {"unknown": "NOT_FOUND", "itself": "VALIDATION_ERROR", "repeated": "VALIDATION_ERROR", "differs": "CONFLICT"}
    for step in case["steps"]:
        operation = step["operation"]
        ids = {key: id_of(operation.get(key)) for key in ("id", "before_id", "after_id")}
        if operation["op"] == "append":
            siblings.append({"id": ids["id"], "position": lists.append(siblings)})
            outcome = None
        else:
            try:
                if operation["op"] == "move":
                    change = lists.move(siblings, **ids, to=operation.get("to"))
                else:
                    change = lists.reorder(siblings, [id_of(name) for name in operation["ids"]])
                outcome = refusals.get(change["outcome"], change["outcome"])
                new = {one["id"]: one["position"] for one in change["changes"]}
                siblings = [{**one, "position": new.get(one["id"], one["position"])} for one in siblings]
            except ignition.Error as error:
                outcome = error.code
        siblings.sort(key=lambda one: (one["position"], one["id"]))
        found.append((outcome, list(siblings)))
        after = [{"id": id_of(one["id"]), "position": one["position"]} for one in step["after"]]
        wanted.append((step.get("error", step.get("result")), after))
    return found, wanted


def focus_stats(case):
    sessions = [{key: value for key, value in one.items() if key != "started_at"} for one in case["sessions"]]
    found = focus.stats(
        sessions, now=case["now"], period=case["period"], timezone=case["tzid"],
        week_start=case.get("week_starts_on", "monday"),
    )  # fmt: skip
    return found, {"by_day": None, **case["expect"]}


TABLE = {
    ("exercise/units.json", "lb_to_g"): lambda c: (training.grams_of_pounds(c["lb_x100"]), c["g"]),
    ("exercise/units.json", "g_to_lb"): lambda c: (training.pounds_of_grams(c["g"]), c["lb_x100"]),
    ("exercise/units.json", "round_load"): lambda c: (
        training.round_load(c["g"], unit=c["unit"], step_x100=c["step_x100"]), c["out_g"]),
    ("exercise/units.json", "distance"): lambda c: (training.parse_distance(c["value"], unit=c["unit"]), c["mm"]),
    ("exercise/one_rep_max.json", "estimate"): one_rep_max,
    ("exercise/one_rep_max.json", "load_for_reps"): lambda c: (
        training.load_for_reps(c["one_rep_max_g"], c["reps"]), c["weight_g"]),
    ("exercise/one_rep_max.json", "percent_load"): lambda c: (
        training.percent_load(c["one_rep_max_g"], c["percent_x100"], unit=c["unit"], step_x100=c["step_x100"]), c["weight_g"]),
    ("exercise/parsing.json", "reps"): target_reps,
    ("exercise/parsing.json", "weight"): target_load,
    ("exercise/parsing.json", "tempo"): lambda c: (training.parse_tempo(text_of(c)), lambda: c["tempo"]),
    ("exercise/parsing.json", "duration"): lambda c: (training.parse_duration(text_of(c)), lambda: c["seconds"]),
    ("exercise/parsing.json", "local_time"): lambda c: (
        instant(training.parse_local_time(text_of(c), timezone=c["time_zone"])), lambda: instant(c["utc"])),
    ("exercise/sequence.json", "cases"): planned_sets,
    ("exercise/csv.json", "import"): csv_import,
    ("exercise/csv.json", "export"): csv_export,
    ("exercise/program_next.json", "next"): program_next,
    ("exercise/program_next.json", "adherence"): adherence,
    ("exercise/program_next.json", "progression"): progression,
    ("planning/series_edit.json", "cases"): series_edit,
    ("planning/ics_import.json", "cases"): ics_import,
    ("planning/ordering.json", "cases"): ordering,
    ("planning/focus_stats.json", "cases"): focus_stats,
}  # fmt: skip


@pytest.mark.parametrize(("file", "section"), TABLE, ids=lambda name: name)
def test_rules_answer_as_in_the_vectors(file, section):
    cases = vectors(file)[section]
    assert cases
    for case in cases:
        error = case.get("error", case["expect"].get("error") if isinstance(case.get("expect"), dict) else None)
        if error is not None:
            with pytest.raises(ignition.Error) as refused:
                TABLE[file, section](case)
            assert refused.value.code == error, case
            continue
        found, wanted = TABLE[file, section](case)
        assert found == (wanted() if callable(wanted) else wanted), case.get("id", case.get("name", case))


def test_every_file_of_vectors_is_sampled():
    named = set(re.findall(r'"(\w+/\w+\.json)"', "".join(path.read_text() for path in Path(__file__).parent.glob("test_rule*.py"))))
    files = {f"{folder}/{path.name}" for folder in FOLDERS for path in (VECTORS / folder).glob("*.json")}
    assert len(files) > 20 and files - named == set()


def test_levels_are_those_of_the_vectors_one_by_one_and_many():
    curve = vectors("progress/levels.json")["curve"]
    totals = array.array("q", [one["total_xp_at_level"] for one in curve])
    many = levels.state_many(totals, threads=2)
    for i, one in enumerate(curve):
        found = levels.state(totals[i])
        assert (found["level"], found["xp_level_size"], found["xp_into_level"]) == (one["level"], one["xp_level_size"], 0)
        assert all(many[name][i] == found[name] for name in levels.COLUMNS)
    assert list(levels.state_many(totals, columns=["level"])) == ["level"]
    for field, call in (
        ("total_xp", lambda: levels.state(-1)),
        ("total_xp[1]", lambda: levels.state_many(array.array("q", [0, -1]))),
        ("columns[0]", lambda: levels.state_many(totals, columns=["xp"])),
    ):
        with pytest.raises(ignition.ValidationError) as refused:
            call()
        assert refused.value.fields[0]["field"] == field


def test_streaks_are_those_of_the_vectors_one_by_one_and_many():
    plain = {"id", "note", "tz", "cadence", "now", "activities", "week_start", "expect"}
    compared = 0
    for case in vectors("progress/streaks.json")["cases"]:
        if case["tz"] in ("Pacific/Apia", "Pacific/Kwajalein", "Pacific/Kiritimati", "Pacific/Enderbury"):
            continue  # their calendars skipped a date
        if not set(case) <= plain or not all(isinstance(one, str) for one in case["activities"]):
            continue
        zone = ZoneInfo(case["tz"])
        done = [instant(at).astimezone(zone).date() for at in case["activities"]]
        cadence = {"frequency": case["cadence"]["type"], "days": case["cadence"].get("days"), "per_week": case["cadence"].get("target")}
        how = {"cadences": [cadence], "week_start": case.get("week_start", "monday")}
        found = streaks.walk(done, case["expect"]["today"], **how)
        names = ("current", "longest", "breaks", "last_broken_on", "status", "run_start")
        assert {name: found[name] for name in names} == {name: case["expect"][name] for name in names}, case["id"]
        days = array.array("i", [(one - date(1970, 1, 1)).days for one in done])
        many = streaks.walk_many(array.array("q", [0, 0, len(days)]), days, date.fromisoformat(case["expect"]["today"]), **how)
        assert [many[name][1] for name in ("current", "longest", "breaks")] == [found[name] for name in ("current", "longest", "breaks")]
        assert [streaks.STATUSES[status] for status in many["status"]] == ["none", found["status"]]
        compared += 1
    assert compared > 10
    for field, wrong in (
        ("offsets", {"offsets": array.array("q")}), ("offsets[1]", {"offsets": array.array("q", [0, 9])}),
        ("days[0]", {"days": array.array("i", [2_000_000])}), ("today", {"today": array.array("i", [1, 2])}),
        ("cadences[0].per_week", {"cadences": [{"frequency": "weekly", "per_week": 8}]}), ("week_start", {"week_start": "friday"}),
    ):  # fmt: skip
        with pytest.raises(ignition.ValidationError) as refused:
            streaks.walk_many(**{"offsets": array.array("q", [0, 1]), "days": array.array("i", [1]), "today": 3, **wrong})
        assert refused.value.fields[0]["field"] == field


def test_many_answers_of_sm_2_are_those_of_one():
    cases = vectors("learning/sm2.json")["cases"]
    cards = [case["start"] for case in cases]
    columns = {"interval_days": "d", "ease_factor": "d", "lapses": "i"}
    table = {name: array.array(code, [card[name] for card in cards]) for name, code in columns.items()}
    before = {name: list(column) for name, column in table.items()}
    for grade in (3, 1, 4, 2, 3):
        outcomes = [sm2.review(card, grade) for card in cards]
        found = sm2.review_many(table, bytes([grade] * len(cards)), threads=2)
        cards = [outcome["card"] for outcome in outcomes]
        assert {name: list(found[name]) for name in columns} == {name: [card[name] for card in cards] for name in columns}
        assert list(found["due_in_days"]) == [outcome["due_in_days"] for outcome in outcomes]
        if before is not None:
            assert {name: list(column) for name, column in table.items()} == before  # what was lent is as it was
            before = None
        table = found
    for field, wrong in (("ratings[0]", bytes([5] * len(cards))), ("ratings", b"")):
        with pytest.raises(ignition.ValidationError) as refused:
            sm2.review_many(table, wrong)
        assert refused.value.fields[0]["field"] == field


def test_columns_of_progress_are_read_where_they_lie():
    numpy = pytest.importorskip("numpy")
    count = 2_000_000
    totals = numpy.arange(count, dtype="int64") * 1000
    offsets = numpy.arange(count + 1, dtype="int64")
    days = numpy.full(count, 20_000, "int32")
    cards = {"interval_days": numpy.full(count, 3.0), "ease_factor": numpy.full(count, 2.5), "lapses": numpy.zeros(count, "int32")}
    ratings = numpy.full(count, 3, "uint8")
    for work, bytes_of_result in (
        (lambda: levels.state_many(totals, columns=["level"]), 4),
        (lambda: streaks.walk_many(offsets, days, 20_001), 13),
        (lambda: sm2.review_many(cards, ratings), 24),
    ):
        tracemalloc.start()
        work()
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert most < count * bytes_of_result + 1_000_000  # the result, and nothing else


def test_what_is_left_out_has_the_default_of_the_library():
    """The defaults that signatures show are those that the library fills in."""
    shown = {
        (training.percent_load, "training.percent_load"): {"one_rep_max_g": 100_000, "percent_x100": 7_310},
        (training.round_load, "training.round_load"): {"weight_g": 61_300},
        (training.one_rep_max, "training.one_rep_max"): {"weight_g": 100_000, "reps": 5},
        (training.set_order, "training.set_order"): {"sections": [{"exercises": [{"target_sets": 2}]}]},
        (training.streaks, "training.streaks"): {"session_dates": ["2026-03-08"], "today": "2026-03-09", "weekly_goal": 1},
        (fsrs.fuzz, "fsrs.fuzz"): {"id": str(uuid.UUID(int=1)), "reps": 3, "interval_days": 30},
        (fsrs.forecast, "fsrs.forecast"): {"cards": [], "today": "2026-03-09"},
        (focus.start, "focus.start"): {"duration_seconds": 1500, "now": "2026-03-09T09:00:00Z"},
    }
    for (function, rule), fields in shown.items():
        defaults = [one for one in inspect.signature(function).parameters.values() if one.default is not one.empty]
        assert defaults
        assert function(**fields) == ignition._core.rules.call(rule, fields), rule
    card = fsrs.new_card(uuid.UUID(int=1))
    bare = ignition._core.rules.Scheduler({})
    at = "2026-03-09T09:00:00Z"
    for _ in range(3):
        found = fsrs.Scheduler().review(card, "easy", at)
        assert found == bare.review({"card": card, "rating": "easy", "at": at})
        card, at = found["card"], found["card"]["due_at"]


def test_the_queue_serves_what_is_due():
    scheduler = fsrs.Scheduler(fuzz=False)
    cards = [{**fsrs.new_card(uuid.UUID(int=i + 1)), "ordinal": 3 - i} for i in range(3)]
    cards[2] |= {"state": "review", "due_day": "2026-03-10", "stability": 5.0, "last_study_day": "2026-03-05"}
    queue = scheduler.queue(cards, now="2026-03-10T12:00:00Z", settings={"new_review_order": "review_first"})
    assert [(one["index"], one["pool"]) for one in queue["cards"]] == [(2, "review"), (1, "new"), (0, "new")]
    assert queue["counts"] == {"learning": 0, "review": 1, "new": 2}
    assert len(scheduler.queue(cards, now="2026-03-10T12:00:00Z", limit=1)["cards"]) == 1
    with pytest.raises(ignition.ValidationError) as refused:
        scheduler.queue([{**cards[2], "stability": -1.0}], now="2026-03-10T12:00:00Z")
    assert refused.value.fields[0]["field"] == "cards[0].stability"


def test_recall_is_asked_of_one_card_without_a_review():
    scheduler = fsrs.Scheduler(fuzz=False)
    card = fsrs.new_card(uuid.UUID(int=1))
    assert scheduler.retrievability(card, "2026-03-10T12:00:00Z") is None
    card = scheduler.review(card, "good", "2026-03-10T12:00:00Z")["card"]
    later = "2026-03-20T12:00:00Z"
    assert scheduler.retrievability(card, later) == scheduler.review(card, "good", later)["retrievability"]
