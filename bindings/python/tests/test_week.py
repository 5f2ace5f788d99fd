"""The week of tests/week, lived in Python, is answered byte for byte as in C++."""

import json
import os
from pathlib import Path

import pytest

import ignition

FOLDER = os.environ.get("IGNITION_WEEK_FOLDER")


def answer(caller, call):
    try:
        output = caller.call(call["operation"], call["input"])
    except ignition.Error as error:
        output = {"code": error.code, "message": error.message, "details": error.details}
    return json.dumps(output, ensure_ascii=False, separators=(",", ":"))


@pytest.mark.skipif(FOLDER is None, reason="written by the C++ tests, which tell where by IGNITION_WEEK_FOLDER")
def test_the_week_is_the_same_in_python():
    calls = [json.loads(line) for line in Path(FOLDER, "calls.jsonl").read_text().splitlines()]
    expected = Path(FOLDER, "answers.jsonl").read_text().splitlines()
    assert len(calls) == len(expected) > 0
    with ignition.open("sqlite::memory:", now=calls[0]["at"], seed=1) as ig:
        for call, line in zip(calls, expected):
            ig.set_now(call["at"])
            assert answer(ig.as_user(call["user"]) if "user" in call else ig, call) == line, call
