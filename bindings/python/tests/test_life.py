"""Many threads, closing, forking, the end of the interpreter, memory."""

import gc
import os
import resource
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

import ignition

# The address sanitizer keeps freed memory to find its use, and finds leaks itself.
SANITIZED = "libasan" in os.environ.get("LD_PRELOAD", "")


def test_calls_after_close_are_unavailable(ig, me):
    ig.close()
    ig.close()
    assert ig.closed
    for call in (me.today.get, lambda: me.call("today.get"), ig.users.list, lambda: ig.set_now("2026-03-10T09:00:00Z")):
        with pytest.raises(ignition.Unavailable) as refused:
            call()
        assert refused.value.reason == "closed"


def test_a_caller_keeps_its_store_open():
    me = ignition.open("sqlite::memory:")
    call = me.users.list
    del me
    gc.collect()
    assert call()["total"] == 0


def test_many_threads_share_a_store(tmp_path):
    with ignition.open(f"sqlite:{tmp_path}/a.db") as ig:
        users = [ig.as_user(ig.users.create(email=f"u{i}@example.org")["user"]["id"]) for i in range(4)]

        def work(i):
            me = users[i % 4]
            me.habits.create(name=f"Habit {i}")
            return me.today.get()["etag"]

        with ThreadPoolExecutor(16) as pool:
            assert all(pool.map(work, range(80)))
        assert [len(me.habits.list()["habits"]) for me in users] == [20, 20, 20, 20]


HOLD_THE_LOCK = """
import sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.read()
"""


def test_other_threads_run_while_a_call_waits(tmp_path):
    """A write waits for another program's lock without the GIL: this thread goes on, and has the lock released."""
    with ignition.open(f"sqlite:{tmp_path}/a.db") as ig:
        me = ig.as_user(ig.users.create(email="ada@example.org")["user"]["id"])
        other = subprocess.Popen(
            [sys.executable, "-c", HOLD_THE_LOCK, tmp_path / "a.db"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert other.stdout.readline() == b"held\n"
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(me.habits.create, name="Read")
            for _ in range(20):
                time.sleep(0.01)
                assert not waiting.done()
            assert me.habits.list()["habits"] == [], "reads do not wait"
            other.communicate()
            assert waiting.result(timeout=60)["habit"]["name"] == "Read"


def test_closing_under_load_ends_calls_normally_or_as_closed(tmp_path):
    ig = ignition.open(f"sqlite:{tmp_path}/a.db")
    me = ig.as_user(ig.users.create(email="ada@example.org")["user"]["id"])
    begun = threading.Barrier(9)

    def work():
        begun.wait()
        try:
            while True:
                me.habits.list()
        except ignition.Unavailable as error:
            return error.reason

    with ThreadPoolExecutor(8) as pool:
        done = [pool.submit(work) for _ in range(8)]
        begun.wait()
        time.sleep(0.05)
        ig.close()
        assert {each.result() for each in done} == {"closed"}


def run(code, *arguments):
    return subprocess.run(
        [sys.executable, "-X", "faulthandler", "-c", code, *map(str, arguments)],
        capture_output=True, text=True, timeout=120,
    )


EXIT_UNDER_LOAD = """
import sys, threading, time, ignition
ig = ignition.open(f"sqlite:{sys.argv[1]}")
me = ig.as_user(ig.users.create(email="ada@example.org")["user"]["id"])
def work():
    mine = globals()["me"]
    try:
        while True:
            mine.habits.create(name="Read")
            mine.today.get()
    except ignition.Unavailable:
        pass  # a thread that writes to stderr while the interpreter ends aborts it
for _ in range(8):
    threading.Thread(target=work, daemon=True).start()
time.sleep(0.2)
print("leaving", flush=True)
{ending}
"""


@pytest.mark.parametrize("ending", ["", "sys.exit(0)", "raise SystemExit(0)", "del ig, me", "ig.close()"])
def test_the_interpreter_ends_in_peace_with_calls_under_way(tmp_path, ending):
    for i in range(3):
        ended = run(EXIT_UNDER_LOAD.replace("{ending}", ending), tmp_path / f"{i}.db")
        assert (ended.returncode, ended.stdout) == (0, "leaving\n"), ended.stderr
        assert "Fatal" not in ended.stderr and "terminate" not in ended.stderr


def test_a_store_that_nobody_closed_is_closed_at_the_end(tmp_path):
    ended = run('import sys, ignition; ig = ignition.open("sqlite:" + sys.argv[1]); ig.users.create(email="a@b.org")',
                tmp_path / "a.db")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert not os.path.exists(tmp_path / "a.db-wal"), "the last one to close folds the log into the database"


def test_calls_after_the_end_are_refused(tmp_path):
    ended = run("""
import atexit
@atexit.register
def late():
    for call in (ig.users.list, lambda: ignition.open("sqlite::memory:")):
        try:
            call()
        except ignition.Unavailable as error:
            print(error.reason)
import ignition
ig = ignition.open("sqlite::memory:")
""")
    assert (ended.returncode, ended.stdout) == (0, "closed\nclosed\n"), ended.stderr


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_forked_child_is_told_to_open_the_store_itself(ig):
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            ig.users.list()
        except ignition.Unavailable as error:
            os.write(write, error.reason.encode())
        os._exit(0)
    os.close(write)
    assert os.read(read, 100) == b"forked"
    os.waitpid(child, 0)
    os.close(read)
    assert ig.users.list()["total"] == 0


def test_nothing_leaks(me):
    def round_of_calls():
        for _ in range(300):
            me.today.get()
            me.answer("today.get", if_none_match="x")
            for bad in ({"duration_seconds": 5}, {"nonsense": [1, {"a": "b"}]}, {"duration_seconds": object()}):
                try:
                    me.call("focus.start", bad)
                except ignition.ValidationError:
                    pass
        gc.collect()
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    for _ in range(3):
        round_of_calls()
    before, objects = round_of_calls(), len(gc.get_objects())
    for _ in range(6):
        after = round_of_calls()
    assert SANITIZED or after - before < 2048, "KiB in 9,000 calls"
    assert len(gc.get_objects()) - objects < 50


ALL_KINDS_OF_CALLS = """
import uuid, ignition
def calls(ig):
    me = ig.as_user(ig.users.create(email="ada@example.org")["user"]["id"])
    for i in range(50):
        yield lambda: me.today.get()
        yield lambda: me.answer("today.get", if_none_match="x")
        yield lambda: me.habits.create(name=f"habit {i}", idempotency_key=str(i))
        yield lambda: me.focus.start(duration_seconds=5)
        yield lambda: me.focus.get(id=uuid.uuid4())
        yield lambda: me.call("focus.dance")
        yield lambda: me.call("today.get", [object()])
        yield lambda: me.habits.create(name=[1, {"a": float("nan")}])
with ignition.open("sqlite::memory:") as ig:
    done = refused = 0
    for call in calls(ig):
        try:
            call()
            done += 1
        except ignition.Error:
            refused += 1
print(done, refused)
"""


@pytest.mark.skipif(not SANITIZED, reason="the leak sanitizer comes with the address sanitizer")
def test_the_leak_sanitizer_finds_nothing(monkeypatch):
    monkeypatch.setenv("ASAN_OPTIONS", "detect_leaks=1")
    monkeypatch.setenv("PYTHONMALLOC", "malloc")
    ended = run(ALL_KINDS_OF_CALLS)
    assert (ended.returncode, ended.stdout) == (0, "150 250\n"), ended.stderr[-4000:]


def test_opening_and_closing_gives_memory_back(tmp_path):
    def once(i):
        with ignition.open(f"sqlite:{tmp_path}/{i}.db") as ig:
            ig.users.list()

    for i in range(5):
        once(i)
    threads = len(os.listdir("/proc/self/task"))
    files = len(os.listdir("/proc/self/fd"))
    for i in range(5):
        once(i)
    assert len(os.listdir("/proc/self/task")) == threads
    assert len(os.listdir("/proc/self/fd")) == files
