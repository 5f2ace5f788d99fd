"""The section `postgres` of scripts/bench: Today over HTTP on PostgreSQL, measured against `pgbench -S` on the same
server, with the same number of connections, on the same machine."""

import contextlib
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

CONNECTIONS = 64
NOW = "2026-03-10T15:00:00Z"
TODAY = "/api/v1/today"
# Histories and how many of twenty users have each; on average a user has about a week.
MODELS = ((2, 17), (10, 2), (60, 1))
CONFIGURATION = """
listen_addresses = ''
unix_socket_directories = '{folder}'
shared_preload_libraries = 'pg_stat_statements'
shared_buffers = 1GB
max_connections = 100
max_wal_size = 8GB
fsync = off
full_page_writes = off
autovacuum = off
"""


class Cluster:
    """A PostgreSQL server of the benchmark's own, on a socket in a temporary folder."""

    def __init__(self):
        self.binaries = Path(max(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[4]))).parent
        self.folder = tempfile.mkdtemp(prefix="ignition-bench-pg-")
        self.user = {}
        if os.geteuid() == 0:
            owner = pwd.getpwnam("postgres")
            os.chown(self.folder, owner.pw_uid, owner.pw_gid)
            self.user = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}

    def run(self, program, *arguments):
        done = subprocess.run([self.binaries / program, *arguments], cwd=self.folder, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, **self.user)
        if done.returncode != 0:
            raise RuntimeError(f"{program} failed:\n{done.stdout}")
        return done.stdout

    def sql(self, text, database="postgres"):
        return self.run("psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-h", self.folder, "-U", "ignition", "-d", database,
                        "-c", text).strip()

    def address(self, database):
        return f"host={self.folder} user=ignition dbname={database}"

    def create(self, database):
        self.sql(f"CREATE DATABASE {database} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'")
        return self.address(database)

    def __enter__(self):
        self.run("initdb", "-D", "data", "-U", "ignition", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync")
        with open(f"{self.folder}/data/postgresql.auto.conf", "a") as file:
            file.write(CONFIGURATION.format(folder=self.folder))
        # Apart, because the server would hold on to the pipe of its output.
        subprocess.run([self.binaries / "pg_ctl", "-D", "data", "-w", "-l", "log", "start"], cwd=self.folder, check=True,
                       stdout=subprocess.DEVNULL, **self.user)
        return self

    def __exit__(self, *_):
        self.run("pg_ctl", "-D", "data", "-w", "-m", "immediate", "stop")
        shutil.rmtree(self.folder)


@contextlib.contextmanager
def serving(build, address, users, how):
    """A server for many users, whose answers come from its memory (warm), from what a server has stored (cold) or from
    the user's rows (anew); the URL of Today."""
    process = subprocess.Popen([build / "tests" / "bench" / "serve_many", address, str(users), NOW, how],
                               stdout=subprocess.PIPE, text=True)
    try:
        yield process.stdout.readline().strip() + TODAY
    finally:
        process.terminate()
        process.wait(timeout=40)


def fill(build, cluster, models, database, users):
    address = cluster.create(database)
    subprocess.run([build / "cli" / "ignition", "--store", address, "migrate", "up"], check=True,
                   stdout=subprocess.DEVNULL)
    text = subprocess.run([build / "tests" / "bench" / "populate", address, str(users), *models], check=True,
                          stdout=subprocess.PIPE, text=True).stdout
    print("  " + text.strip(), flush=True)
    return address


def select_tps(cluster, database):
    """Transactions per second of `pgbench -S`: the median of three runs of four seconds."""
    rates = []
    for _ in range(3):
        text = cluster.run("pgbench", "-n", "-S", "-M", "prepared", "-c", str(CONNECTIONS), "-j", "2", "-T", "4", "-h",
                           cluster.folder, "-U", "ignition", database)
        rates.append(float(next(line for line in text.splitlines() if line.startswith("tps")).split()[2]))
    return sorted(rates)[1]


def statements_per_request(cluster, database, ask, requests=200):
    """Everything that `ask` makes the server do, also what it does after the answer."""

    def counted():
        return int(cluster.sql("SELECT COALESCE(sum(calls), 0) FROM pg_stat_statements s JOIN pg_database d "
                               f"ON d.oid = s.dbid WHERE d.datname = '{database}' "
                               "AND s.query NOT LIKE '%pg_stat_statements%'", database))

    def settled():
        before, now = -1, counted()
        while before != now:
            time.sleep(1)
            before, now = now, counted()
        return now

    # The connections have prepared what they need before.
    for _ in range(requests):
        ask()
    before = settled()
    for _ in range(requests):
        ask()
    return (settled() - before) / requests


def measure_postgres(results, build, wrk, get):
    """`wrk(url, connections, *more)`: rate, p50, p99; `get(url)`: an answer with headers."""
    with Cluster() as cluster:
        models = []
        for days, weight in MODELS:
            address = cluster.create(f"model_{days}")
            subprocess.run([build / "cli" / "ignition", "--store", address, "--now", NOW, "migrate", "up"], check=True,
                           stdout=subprocess.DEVNULL)
            subprocess.run([build / "cli" / "ignition", "--store", address, "--now", NOW, "demo", "--days", str(days)],
                           check=True, stdout=subprocess.DEVNULL)
            # Stores the answer, as some server has for everybody who was there today.
            subprocess.run([build / "cli" / "ignition", "--store", address, "--now", NOW, "call", "today.get"],
                           check=True, stdout=subprocess.DEVNULL)
            models.append(f"{address}={weight}")
        cluster.create("floor")
        cluster.run("pgbench", "-i", "-q", "-s", "10", "-h", cluster.folder, "-U", "ignition", "floor")
        few = fill(build, cluster, models, "few", 1_000)
        cluster.sql("CREATE EXTENSION pg_stat_statements", "few")
        results.add("pg.pgbench_select_tps", select_tps(cluster, "floor"), "1/s")
        with serving(build, few, 1, "warm") as today:
            get(today)
            rate, p50, p99 = wrk(today, CONNECTIONS)
            results.add("pg.today_hit_rps", rate, "1/s")
            results.add("pg.today_hit_p50_ms", p50, "ms")
            results.add("pg.today_hit_p99_ms", p99, "ms")
            etag = get(today).headers["ETag"]
            rate, _, _ = wrk(today, CONNECTIONS, "-H", f"If-None-Match: {etag}")
            results.add("pg.today_304_rps", rate, "1/s")
            results.add("pg.statements_hit", statements_per_request(cluster, "few", lambda: get(today)), "per request")
        with serving(build, few, 1_000, "cold") as today:
            results.add("pg.today_miss_rps", wrk(today, CONNECTIONS)[0], "1/s")
            results.add("pg.statements_miss", statements_per_request(cluster, "few", lambda: get(today)), "per request")
        with serving(build, few, 1_000, "anew") as today:
            results.add("pg.today_anew_rps", wrk(today, CONNECTIONS)[0], "1/s")
            results.add("pg.statements_anew", statements_per_request(cluster, "few", lambda: get(today)), "per request")
        if not os.environ.get("IGNITION_BENCH_QUICK"):
            many = fill(build, cluster, models, "many", 200_000)
            with serving(build, many, 200_000, "cold") as today:
                wrk(today, CONNECTIONS)  # the database's memory fills
                results.add("pg.today_miss_rps_200k_users", wrk(today, CONNECTIONS)[0], "1/s")
            with serving(build, many, 200_000, "anew") as today:
                results.add("pg.today_anew_rps_200k_users", wrk(today, CONNECTIONS)[0], "1/s")
