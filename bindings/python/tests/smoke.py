"""Does the installed package work? With the standard library alone: for machines that have Python and nothing else."""

import tempfile

import ignition

folder = tempfile.TemporaryDirectory()
with ignition.open(f"sqlite:{folder.name}/life.db", now="2026-03-10T09:00:00Z") as ig:
    user = ig.users.create(email="ada@bücher.example")["user"]
    me = ig.as_user(user["id"])
    me.settings.update(timezone="Europe/Berlin")
    session = me.focus.start(duration_seconds=1500)
    today = me.today.get()
    assert today["resolved_state"] == "focus_active", today
    ig.set_now("2026-03-10T09:25:00Z")
    assert me.focus.complete(id=session["id"])["session"]["status"] == "completed"
print("Ignition", ignition.__version__, "works")
