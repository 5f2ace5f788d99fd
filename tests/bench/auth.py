"""The section `auth` of scripts/bench: what it costs to know who calls. The same operation of the same user on the same
server, asked by the cookie of a session, by an access token, by an API key, and in single-user mode by nobody in
particular; in turn, so that what else the machine does meets all four."""

import json
import os
import re
import signal
import statistics
import subprocess
import urllib.request

from postgres import Cluster

USER = "00000000-0000-0000-0000-000000000001"
TODAY = "/api/v1/today"
ROUNDS = 7
SECONDS = 2
# (prefix of the names, connections)
EMBEDDED = ("auth", 16)
NETWORKED = ("auth.pg", 64)
ENVIRONMENT = {"JWT_SECRET": "benchmarks only, thirty-two bytes", "ACCESS_TOKEN_EXPIRE_MINUTES": "60"}


class Server:
    def __init__(self, build, store):
        environment = {**os.environ, **ENVIRONMENT, "AUTH_LOCAL_USER": "true", "SERVER_PORT": "0",
                       "DATABASE_URL": store, "LOG_LEVEL": "error"}
        self.process = subprocess.Popen([build / "cli" / "ignition", "serve"], env=environment, stdout=subprocess.PIPE,
                                        text=True)
        for line in self.process.stdout:
            found = re.search(r"http://127\.0\.0\.1:\d+", line)
            if found:
                self.url = found.group(0)
                return
        raise RuntimeError("the server did not start")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=40)


def ignition(build, store, *arguments, **environment):
    return subprocess.run([build / "cli" / "ignition", "--store", store, *arguments], check=True, text=True,
                          stdout=subprocess.PIPE, env={**os.environ, **ENVIRONMENT, **environment}).stdout


def credentials(build, store):
    """What each kind of caller sends along."""

    def session(delivery):
        made = ignition(build, store, "--json", "call", "sessions.create",
                        json.dumps({"user_id": USER, "auth_method": "local"}), AUTH_WEB_DELIVERY=delivery)
        return json.loads(made)

    key = json.loads(ignition(build, store, "--json", "call", "api_keys.create",
                              json.dumps({"name": "bench", "scopes": ["today:read"]})))["key"]
    return {"none": [], "session": ["-H", f"Cookie: session={session('session')['token']}"],
            "jwt": ["-H", f"Authorization: Bearer {session('tokens')['tokens']['access_token']}"],
            "api_key": ["-H", f"Authorization: Bearer {key}"]}


def same_answer(url, headers):
    fields = dict(field.split(": ", 1) for field in headers[1::2])
    with urllib.request.urlopen(urllib.request.Request(url, headers=fields)) as answer:
        return answer.headers["ETag"]


def rate(url, connections, headers):
    text = subprocess.run(["wrk", "-t1", f"-c{connections}", f"-d{SECONDS}s", *headers, url], check=True,
                          stdout=subprocess.PIPE, text=True).stdout
    if "Non-2xx or 3xx" in text:
        raise RuntimeError("requests were refused:\n" + text)
    return float(re.search(r"Requests/sec:\s+([\d.]+)", text).group(1))


def measure(results, build, store, prefix, connections):
    with Server(build, store) as server:
        url = server.url + TODAY
        shown = credentials(build, store)
        if len({same_answer(url, headers) for headers in shown.values()}) != 1:
            raise RuntimeError("the callers do not get the same answer")
        rates = {kind: [] for kind in shown}
        for _ in range(ROUNDS):
            for kind, headers in shown.items():
                rates[kind].append(rate(url, connections, headers))
        for kind, found in rates.items():
            results.add(f"{prefix}.{kind}_rps", statistics.median(found), "1/s")


def measure_auth(results, build, folder):
    store = f"sqlite:{folder}/auth.db"
    ignition(build, store, "demo")
    measure(results, build, store, *EMBEDDED)
    with Cluster() as cluster:
        store = cluster.create("auth")
        ignition(build, store, "migrate", "up")
        ignition(build, store, "demo")
        measure(results, build, store, *NETWORKED)
