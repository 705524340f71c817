"""The notebooks lie in the repository as they were executed: from their .py, without errors, without traces of a machine."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent / "notebooks"
NAMES = sorted(path.stem for path in ROOT.glob("*.py"))
MOST_BYTES = 1_500_000


def cells_of_script(text: str) -> list[tuple[str, str]]:
    """(kind, source) of every cell of a py:percent script."""
    body = re.split(r"^# ---$.*?^# ---$\n", text, maxsplit=1, flags=re.DOTALL | re.MULTILINE)[1]
    found = []
    for part in re.split(r"^# %%", body, flags=re.MULTILINE)[1:]:
        head, _, source = part.partition("\n")
        kind = "markdown" if "[markdown]" in head else "code"
        if kind == "markdown":
            source = "\n".join(re.sub(r"^# ?", "", line) for line in source.splitlines())
        found.append((kind, source.strip("\n")))
    return found


def notebook(name: str) -> dict:
    return json.loads((ROOT / f"{name}.ipynb").read_text(encoding="utf-8"))


def test_every_notebook_has_its_script_and_the_other_way_round():
    assert sorted(path.stem for path in ROOT.glob("*.ipynb")) == NAMES
    assert {"signsgd", "your_own_optimizer"} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_notebook_is_its_script_cell_for_cell(name):
    kept = [(cell["cell_type"], "".join(cell["source"]).strip("\n")) for cell in notebook(name)["cells"]]
    assert kept == cells_of_script((ROOT / f"{name}.py").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", NAMES)
def test_notebook_was_executed_in_order_without_errors(name):
    code = [cell for cell in notebook(name)["cells"] if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in code] == list(range(1, len(code) + 1))
    outputs = [output for cell in code for output in cell["outputs"]]
    assert not [output for output in outputs if output["output_type"] == "error" or output.get("name") == "stderr"]
    assert sum("image/png" in output.get("data", {}) for output in outputs) >= 4
    assert sum("assert " in "".join(cell["source"]) for cell in code) >= 4


@pytest.mark.parametrize("name", NAMES)
def test_notebook_is_small_and_carries_no_trace_of_a_machine(name):
    text = (ROOT / f"{name}.ipynb").read_text(encoding="utf-8")
    assert len(text.encode()) < MOST_BYTES
    without_pictures = re.sub(r'"image/png": "[^"]*"', "", text)
    assert not re.search(r"/(home|root|tmp|usr|work|Users|opt)/|[A-Z]:\\\\|site-packages", without_pictures)
    assert notebook(name)["metadata"]["kernelspec"]["name"] == "python3"
