"""Times the PyPI package python-dateutil; prints one JSON object. Each rule of rules.txt is read and expanded over 2026."""

import json
import statistics
import time
from datetime import datetime, timezone
from pathlib import Path

from dateutil.rrule import rrulestr

RULES = (Path(__file__).parent / "rules.txt").read_text().split()
START = datetime(2024, 1, 1, 9, tzinfo=timezone.utc)
BEGIN = datetime(2026, 1, 1, tzinfo=timezone.utc)
END = datetime(2027, 1, 1, tzinfo=timezone.utc)


def expand():
    return sum(len(rrulestr(rule, dtstart=START).between(BEGIN, END)) for rule in RULES)


def main():
    each = []
    for run in range(-2, 11):
        begin = time.perf_counter_ns()
        found = expand()
        took = time.perf_counter_ns() - begin
        if run >= 0:
            each.append(took / len(RULES) / 1000)
    print(json.dumps({"name": "rules.rrule.dateutil_us", "value": statistics.median(each), "unit": "us"}))
    print(json.dumps({"occurrences": found}))


main()
