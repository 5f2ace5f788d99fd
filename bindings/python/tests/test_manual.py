"""The examples of docs/python.md run as they stand there, one after the other."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def test_the_examples_of_the_manual_run(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"^```python\n(.*?)^```", (ROOT / "docs" / "python.md").read_text(), re.DOTALL | re.MULTILINE)
    assert len(blocks) >= 6
    names = {"__name__": "manual"}
    for block in blocks:
        exec(compile(block, "docs/python.md", "exec"), names)
    assert capsys.readouterr().out.endswith("focus_active\n")


def test_the_binding_names_no_domain():
    """Everything in it that speaks of a domain is derived: what is written by hand stays under 1,000 lines."""
    from ignition import _core

    binding = ROOT / "bindings" / "python"
    # The pure rules are functions, not operations of the catalogue.
    sources = [path for path in binding.glob("src/*") if not path.name.startswith("rules")]
    written = [*sources, *binding.glob("package/ignition/*.py*")]
    texts = {path: path.read_text() for path in written}
    assert sum(text.count("\n") for text in texts.values()) < 1000
    examples = re.compile(r'"""[\s\S]*?"""|#.*'), re.compile(r"//.*")
    code = "\n".join(examples[path.suffix in (".cpp", ".hpp")].sub("", text) for path, text in texts.items())
    assert "register_at_fork" in code and "def as_user" in code
    for name, *_ in _core.operations():
        assert not re.search(rf"\b{re.escape(name)}\b", code), name
