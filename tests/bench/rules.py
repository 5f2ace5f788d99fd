"""The section `rules` of scripts/bench: FSRS and recurrence beside the implementations that people use today.

A peer whose tools or registry are missing is skipped with a message.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

PEERS = Path(__file__).resolve().parent / "peers"
TS_FSRS = "ts-fsrs@5.4.2"
PY_FSRS = "fsrs==6.3.2"
RRULE = "rrule@2.8.1"
DATEUTIL = "python-dateutil==2.9.0.post0"


def lines_of(*command, **options):
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)
    return [json.loads(line) for line in done.stdout.splitlines()]


def add(results, found):
    for line in found:
        results.add(line["name"], line["value"], line["unit"])


def from_npm(package, folder, program):
    subprocess.run(["npm", "install", "--silent", "--no-save", "--no-package-lock", "--prefix", folder, package], check=True,
                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=300)
    return lines_of("node", PEERS / program, folder)


def from_pypi(package, folder, program):
    subprocess.run([sys.executable, "-m", "venv", folder], check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                   text=True)
    subprocess.run([folder / "bin" / "pip", "install", "--quiet", package], check=True, stdout=subprocess.PIPE,
                   stderr=subprocess.PIPE, text=True, timeout=300)
    return lines_of(folder / "bin" / "python", PEERS / program)


def recurrence(results, lines, expected=None):
    """Expansions of rules.txt; every implementation must find as many occurrences."""
    *found, counted = lines
    if expected is not None and counted["occurrences"] != expected:
        raise RuntimeError(f"{counted['occurrences']} occurrences instead of {expected}")
    add(results, found)
    return counted["occurrences"]


def rust(results, folder, measure, collection):
    # Built beside the sources' copy, as Cargo writes a lock file there.
    shutil.copytree(PEERS, folder, dirs_exist_ok=True)
    subprocess.run(["cargo", "build", "--quiet", "--release"], check=True, cwd=folder / "rust", stdout=subprocess.PIPE,
                   stderr=subprocess.PIPE, text=True, timeout=3600)
    program = folder / "rust" / "target" / "release" / "ignition-bench-peers"
    add(results, lines_of(program, "speed"))
    *found, fitted = lines_of(program, "optimize", collection, cwd=folder, timeout=3600)
    add(results, found)
    add(results, lines_of(measure, "evaluate", collection, *map(str, fitted["parameters"])))


def from_the_package(build):
    """The batch through Ignition's own Python package."""
    package = build / "bindings" / "python"
    return lines_of((package / "interpreter").read_text(), PEERS.parent / "programs" / "rules_python.py",
                    env=dict(os.environ, PYTHONPATH=str(package)))


def reason(error):
    """The last words of a command that failed."""
    said = (getattr(error, "stderr", None) or "").strip().splitlines()
    return said[-1] if said else str(error)


def measure_rules(results, build, folder):
    measure = build / "tests" / "bench" / "measure_fsrs"
    collection = Path(folder) / "reviews.bin"
    peers = build / "peers"
    os.makedirs(peers, exist_ok=True)
    add(results, lines_of(measure, "speed", PEERS / "trace.txt"))
    subprocess.run([measure, "generate", collection], check=True)
    add(results, lines_of(measure, "optimize", collection))
    occurrences = recurrence(results, lines_of(build / "tests" / "bench" / "measure_rrule", PEERS / "rules.txt"))
    node = ("node", PEERS.parent / "programs" / "node.cjs", build / "bindings" / "node" / "package", "batch")
    for name, compare in (
        ("Node", lambda: add(results, lines_of(*node))),
        ("Python", lambda: add(results, from_the_package(build))),
        ("python-dateutil", lambda: recurrence(
            results, from_pypi(DATEUTIL, peers / "dateutil", "py_dateutil.py"), occurrences)),
        ("rrule", lambda: recurrence(results, from_npm(RRULE, peers / "rrule", "rrule.mjs"), occurrences)),
        ("ts-fsrs", lambda: add(results, from_npm(TS_FSRS, peers / "node", "ts_fsrs.mjs"))),
        ("Python's fsrs", lambda: add(results, from_pypi(PY_FSRS, peers / "python", "py_fsrs.py"))),
        ("the crates fsrs and rs-fsrs", lambda: rust(results, peers / "rust", measure, collection)),
    ):
        try:
            compare()
        except (OSError, subprocess.SubprocessError) as error:
            print(f"  {name}: skipped: {reason(error)}", flush=True)
