"""What operations cost from Python, as bench::print says it.

    python.py today STORE_URL INSTANT NAME      NAME: what Today is reported as
    python.py cheapest                          the cheapest operation
"""

import itertools
import json
import statistics
import sys
import time

import ignition


def median_us(times, run, prepare=lambda: None):
    each = []
    for i in range(-times // 10, times):
        prepare()
        begin = time.perf_counter_ns()
        run()
        took = time.perf_counter_ns() - begin
        if i >= 0:
            each.append(took / 1000)
    return statistics.median(each)


def report(name, value):
    print(json.dumps({"name": name, "value": value, "unit": "us"}), flush=True)


def main():
    if sys.argv[1] == "cheapest":
        with ignition.open("sqlite::memory:") as ig:
            report("cheapest", median_us(20_000, lambda: ig.auth.session()))
        return
    _, store, instant, name = sys.argv[1:]
    with ignition.open(store, now=instant) as ig:
        me = ig.as_user(ignition.LOCAL_USER)
        # As measure_product does it.
        switch = itertools.cycle([True, False])
        report(name, median_us(3000, lambda: me.today.get(current_route="/today")))
        report(name + "_cached", median_us(3000, me.today.get))
        report(name + "_after_write", median_us(300, me.today.get, lambda: me.today.show_full(on=next(switch))))


main()
