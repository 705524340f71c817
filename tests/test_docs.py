"""The code blocks of the README and of docs/ run, their commands exist, and docs/theories says what the records say."""

from __future__ import annotations

import importlib.util
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def blocks(page: Path, language: str) -> list[str]:
    """The page's code blocks in one language."""
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("page", [p for p in PAGES if blocks(p, "python")], ids=lambda p: p.name)
def test_python_blocks_run_in_order(page, tmp_path):
    """One process a page, so that a page leaves nothing behind in the registry; warnings are errors there too."""
    script = tmp_path / f"{page.stem}.py"
    script.write_text("\n".join(blocks(page, "python")), encoding="utf-8")
    done = subprocess.run([sys.executable, "-W", "error", str(script)], cwd=ROOT, capture_output=True, text=True, timeout=300,
                          env={**os.environ, "PYTHONPATH": str(ROOT), "MPLBACKEND": "Agg"})
    assert done.returncode == 0, done.stderr[-2000:]


def test_there_are_blocks():
    assert {p.name for p in PAGES if blocks(p, "python")} >= {"README.md", "choose.md", "conventions.md", "errata.md", "extend.md"}


COMMANDS = sorted({line.split("#")[0].strip() for page in PAGES for block in blocks(page, "sh") for part in block.splitlines()
                   for line in part.split("&&") if line.strip().startswith("sgdtheory ")})


@pytest.mark.parametrize("command", COMMANDS)
def test_command_line_exists_as_shown(command):
    """The verb and every option shown are in the verb's help; files that are named exist, unless they are placeholders or outputs."""
    from typer.testing import CliRunner

    from sgdtheory.cli import app

    verb, *rest = shlex.split(command)[1:]
    shown = CliRunner().invoke(app, [verb, "--help"], env={"COLUMNS": "200", "NO_COLOR": "1", "TERM": "dumb"})
    assert shown.exit_code == 0, shown.output
    for option in (word for word in rest if word.startswith("--")):
        assert option in shown.output
    for path in (word for word in rest if word.startswith("examples/")):
        assert (ROOT / path).exists()


def _generator():
    found = importlib.util.spec_from_file_location("docs_generate", ROOT / "docs" / "_generate.py")
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def test_theory_pages_are_what_the_records_give():
    wanted = _generator().theories()
    kept = {path: path.read_text(encoding="utf-8") for path in (ROOT / "docs" / "theories").glob("*.md")}
    stale = sorted(path.name for path in wanted.keys() | kept.keys() if wanted.get(path) != kept.get(path))
    assert not stale, f"run python docs/_generate.py theories: {stale}"


def test_links_between_the_pages_lead_somewhere():
    for page in PAGES:
        text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
        for name in re.findall(r"`((?:docs|notebooks|derivations|sgdtheory|examples|tests)/[\w./]+)`", text):
            assert (ROOT / name).exists() or "NAME" in name, f"{page.name}: {name}"
