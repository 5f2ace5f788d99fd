"""The section `rules` of scripts/bench: FSRS beside the implementations that people use today.

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


def lines_of(*command, **options):
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)
    return [json.loads(line) for line in done.stdout.splitlines()]


def add(results, found):
    for line in found:
        results.add(line["name"], line["value"], line["unit"])


def typescript(results, folder):
    subprocess.run(["npm", "install", "--silent", "--no-save", "--no-package-lock", "--prefix", folder, TS_FSRS], check=True,
                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=300)
    add(results, lines_of("node", PEERS / "ts_fsrs.mjs", folder))


def python(results, folder):
    subprocess.run([sys.executable, "-m", "venv", folder], check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                   text=True)
    subprocess.run([folder / "bin" / "pip", "install", "--quiet", PY_FSRS], check=True, stdout=subprocess.PIPE,
                   stderr=subprocess.PIPE, text=True, timeout=300)
    add(results, lines_of(folder / "bin" / "python", PEERS / "py_fsrs.py"))


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
    for name, compare in (
        ("ts-fsrs", lambda: typescript(results, peers / "node")),
        ("Python's fsrs", lambda: python(results, peers / "python")),
        ("the crates fsrs and rs-fsrs", lambda: rust(results, peers / "rust", measure, collection)),
    ):
        try:
            compare()
        except (OSError, subprocess.SubprocessError) as error:
            print(f"  {name}: skipped: {reason(error)}", flush=True)
