"""Drives the C interface through the shared library with ctypes alone, as a third language would.

    c_interface_test.py LIBRARY
"""

import ctypes
import json
import subprocess
import sys
import tempfile
import threading
import unittest
from ctypes import CFUNCTYPE, POINTER, byref, c_char, c_char_p, c_int, c_size_t, c_void_p

LIBRARY = sys.argv.pop()
TAKE = CFUNCTYPE(c_int, c_void_p, POINTER(c_char), c_size_t)
FUNCTIONS = {
    "ignition_open": (c_int, [c_char_p, c_char_p, POINTER(c_void_p), POINTER(c_void_p)]),
    "ignition_call": (c_int, [c_void_p, c_char_p, c_char_p, c_char_p, c_char_p, POINTER(c_void_p)]),
    "ignition_stream": (c_int, [c_void_p, c_char_p, c_char_p, c_char_p, TAKE, c_void_p, POINTER(c_void_p)]),
    "ignition_set_now": (c_int, [c_void_p, c_char_p]),
    "ignition_free": (None, [c_void_p]),
    "ignition_close": (None, [c_void_p]),
    "ignition_version": (c_char_p, []),
}

library = ctypes.CDLL(LIBRARY)
for name, (result, arguments) in FUNCTIONS.items():
    function = getattr(library, name)
    function.restype, function.argtypes = result, arguments


def taken(pointer):
    """The text behind a pointer that was given to us, which is freed."""
    text = ctypes.string_at(pointer).decode() if pointer.value else None
    library.ignition_free(pointer)
    return text


def opened(url="sqlite::memory:", **options):
    engine, error = c_void_p(), c_void_p()
    status = library.ignition_open(url.encode(), json.dumps(options).encode(), byref(engine), byref(error))
    return status, engine, taken(error)


def call(engine, user, operation, key=None, **given):
    out = c_void_p()
    text = json.dumps(given).encode()
    status = library.ignition_call(engine, user and user.encode(), operation.encode(), text, key, byref(out))
    return status, json.loads(taken(out))


class CInterface(unittest.TestCase):
    def setUp(self):
        status, self.engine, error = opened(now="2026-03-10T09:00:00Z", seed=7)
        self.assertEqual((status, error), (0, None))
        status, answer = call(self.engine, None, "users.create", email="ada@example.org")
        self.assertEqual(status, 0)
        self.user = answer["user"]["id"]

    def tearDown(self):
        library.ignition_close(self.engine)

    def test_a_large_output_comes_piece_by_piece(self):
        pieces = []

        @TAKE
        def take(_, start, size):
            pieces.append(ctypes.string_at(start, size))
            return 0

        user = self.user.encode()
        self.assertEqual(library.ignition_stream(self.engine, user, b"user.export", None, take, None, None), 0)
        self.assertEqual(json.loads(b"".join(pieces))["user_id"], self.user)

    def test_a_session_is_started_and_completed_by_name(self):
        status, session = call(self.engine, self.user, "focus.start", duration_seconds=1500)
        self.assertEqual((status, session["status"]), (0, "active"))
        self.assertEqual(library.ignition_set_now(self.engine, b"2026-03-10T09:25:00Z"), 0)
        status, done = call(self.engine, self.user, "focus.complete", id=session["id"])
        self.assertEqual(status, 0)
        status, today = call(self.engine, self.user, "today.get")
        self.assertEqual((status, today["generated_at"]), (0, "2026-03-10T09:25:00.000000Z"))

    def test_refusals_are_the_status_and_the_error(self):
        for status, code, user, operation, given in (
            (400, "VALIDATION_ERROR", self.user, "focus.start", {"duration_seconds": 5}),
            (400, "VALIDATION_ERROR", self.user, "focus.start", {"nonsense": 5}),
            (400, "VALIDATION_ERROR", "nobody", "today.get", {}),
            (401, "UNAUTHORIZED", None, "today.get", {}),
            (403, "FORBIDDEN", self.user, "users.list", {}),
            (404, "NOT_FOUND", self.user, "focus.dance", {}),
        ):
            got, error = call(self.engine, user, operation, **given)
            self.assertEqual((got, error["code"]), (status, code))
            self.assertEqual(set(error), {"code", "message", "details"})

    def test_an_idempotency_key_is_answered_not_run_again(self):
        first = call(self.engine, self.user, "habits.create", b"k1", name="Read")
        self.assertEqual(call(self.engine, self.user, "habits.create", b"k1", name="Read"), first)
        self.assertEqual(call(self.engine, self.user, "habits.list")[1]["total"], 1)

    def test_what_cannot_be_opened_says_why(self):
        for url, options in (("file.db", {}), ("sqlite::memory:", {"now": "noon"}), ("sqlite::memory:", {"x": 1})):
            status, engine, error = opened(url, **options)
            self.assertEqual((status, engine.value), (400, None))
            self.assertEqual(json.loads(error)["code"], "VALIDATION_ERROR")

    def test_a_clock_that_runs_cannot_be_set(self):
        status, engine, _ = opened()
        self.assertEqual(status, 0)
        self.assertEqual(library.ignition_set_now(engine, b"2026-03-10T09:00:00Z"), 400)
        self.assertEqual(library.ignition_set_now(self.engine, b"noon"), 400)
        library.ignition_close(engine)

    def test_null_is_allowed_where_the_header_says_so(self):
        library.ignition_free(None)
        library.ignition_close(None)
        out = c_void_p()
        self.assertEqual(library.ignition_call(self.engine, None, b"users.list", None, None, byref(out)), 0)
        self.assertEqual(json.loads(taken(out))["total"], 1)
        self.assertEqual(library.ignition_call(None, None, b"users.list", None, None, byref(out)), 400)
        self.assertEqual(json.loads(taken(out))["code"], "VALIDATION_ERROR")
        self.assertEqual(library.ignition_set_now(None, b"2026-03-10T09:00:00Z"), 400)

    def test_many_threads_share_a_handle(self):
        with tempfile.TemporaryDirectory() as folder:
            _, engine, _ = opened(f"sqlite:{folder}/a.db")
            user = call(engine, None, "users.create", email="ada@example.org")[1]["user"]["id"]
            statuses = []

            def work():
                for i in range(10):
                    statuses.append(call(engine, user, "habits.create", name=f"Habit {i}")[0])

            threads = [threading.Thread(target=work) for _ in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            self.assertEqual(statuses, [0] * 40)
            self.assertEqual(call(engine, user, "habits.list")[1]["total"], 40)
            library.ignition_close(engine)

    def test_the_library_shows_the_functions_of_the_header_only(self):
        listed = subprocess.run(["nm", "-D", "--defined-only", LIBRARY], check=True, capture_output=True, text=True).stdout
        self.assertEqual({line.split()[-1] for line in listed.splitlines()}, set(FUNCTIONS))
        self.assertRegex(library.ignition_version().decode(), r"^\d+\.\d+\.\d+$")


if __name__ == "__main__":
    unittest.main()
