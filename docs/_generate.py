"""What the documentation takes from elsewhere: ``python docs/_generate.py [theories] [notebooks] [--check]``.

``theories`` writes docs/theories/NAME.md from the records; ``notebooks`` executes notebooks/NAME.py into NAME.ipynb, with outputs.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
THEORIES = ROOT / "docs" / "theories"
_LONG = 900                                                   # characters of LaTeX; longer formulas are folded
_MARK = {"holds": "✓ holds", "fails": "✗ fails", "unknown": "? unknown"}


def page(record: Any) -> str:
    """The page of one record."""
    lines = [f"# {record.title}", ""]
    lines += [f"Source: [{record.source}](https://arxiv.org/abs/{record.source.removeprefix('arXiv:')})", ""] * record.source.startswith("arXiv:")
    held = sum(step["verdict"] == "holds" for step in record)
    lines += [f"{held} of {len(record)} steps hold; {len(record.results)} results. Made from `sgdtheory/records/{record.name}.json` by",
              f"`python docs/_generate.py theories`; `sgdtheory show {record.name}` prints it, `sgdtheory verify {record.name}` checks it anew.", ""]
    lines += ["## Steps", ""]
    for number, step in enumerate(record, 1):
        lines += _step(number, step)
    lines += ["## Results", "", "| function | from step | claim | formula |", "| --- | --- | --- | --- |"]
    for result in record.results.values():
        arguments = ", ".join([*result["arguments"], *result["parameters"]])
        short = f"${_cell(result['latex'])}$" if len(result["latex"]) <= _LONG // 4 else "as in the step"
        lines.append(f"| `{result['name']}({arguments})` | {result['step']} | {result['exactness']} | {short} |")
    lines += ["", "## Symbols", "", "| symbol | meaning | domain |", "| --- | --- | --- |"]
    lines += [f"| `{s['name']}` | {_cell(s['meaning'] or s['name'])} | {_cell(s['domain'])} |" for s in record.symbols.values()]
    if record.bibtex():
        lines += ["", "## Cite", "", "```bibtex", record.bibtex().strip(), "```"]
    return "\n".join(lines) + "\n"


def _step(number: int, step: Mapping[str, Any]) -> list[str]:
    lines = [f"### {number}. {step['name']} ({step['kind']}, {_MARK[step['verdict']]})", ""]
    formula = ["$$", step["latex"], "$$", ""] if step["mathml"] else [step["plain"], ""]
    lines += formula if len(step["latex"]) <= _LONG else ["<details><summary>a long formula</summary>", "", *formula, "</details>", ""]
    told = [f"Because: {step['because']}."] * bool(step["because"])
    told += [f"From: {', '.join(step['needs'])}."] * bool(step["needs"])
    told += [f"Assumes: {', '.join(step['assumes'])}."] * bool(step["assumes"])
    if step["kind"] != "definition":
        told += [f"Held {check['way']}: {check['note']}." for check in step["checks"]]
    return [*lines, *(f"- {line}" for line in told), ""]


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def theories() -> dict[Path, str]:
    """Path -> content, for every record."""
    from sgdtheory.derive.record import derivation, names

    return {THEORIES / f"{name}.md": page(derivation(name)) for name in names()}


def execute(path: Path) -> None:
    """Execute a notebook into its .ipynb, with nothing in it that depends on the machine or the moment."""
    import jupytext
    import nbformat
    from nbconvert.preprocessors import ExecutePreprocessor

    notebook = jupytext.read(path)
    ExecutePreprocessor(timeout=600, kernel_name="python3", record_timing=False).preprocess(notebook, {"metadata": {"path": str(path.parent)}})
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number}"
        cell["metadata"] = {}
    notebook.metadata["jupytext"].pop("text_representation", None)
    notebook.metadata["language_info"] = {"name": "python"}
    notebook.metadata["kernelspec"] = {"display_name": "Python 3", "language": "python", "name": "python3"}
    nbformat.write(notebook, path.with_suffix(".ipynb"))


def main() -> int:
    """Write, or with --check compare the theory pages; the exit code is the number of pages that differ."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", nargs="*", metavar="theories|notebooks", help="default: theories")
    parser.add_argument("--only", metavar="NAME", help="this notebook only")
    parser.add_argument("--check", action="store_true", help="compare the theory pages with the files instead of writing")
    options = parser.parse_args()
    options.what = options.what or ["theories"]
    if unknown := set(options.what) - {"theories", "notebooks"}:
        parser.error(f"{', '.join(sorted(unknown))}: choose theories, notebooks or both")
    stale = 0
    if "theories" in options.what:
        wanted = theories()
        if not options.check:
            THEORIES.mkdir(parents=True, exist_ok=True)
        for path in sorted({*THEORIES.glob("*.md"), *wanted}):
            if path in wanted and path.exists() and path.read_text(encoding="utf-8") == wanted[path]:
                continue
            stale += 1
            print(path.relative_to(ROOT), "differs from its record" if options.check else "written" if path in wanted else "has no record")
            if not options.check and path in wanted:
                path.write_text(wanted[path], encoding="utf-8")
    if "notebooks" in options.what:
        for path in sorted((ROOT / "notebooks").glob(f"{options.only or '*'}.py")):
            execute(path)
            print(path.relative_to(ROOT), "executed")
    return stale if options.check else 0


if __name__ == "__main__":
    sys.exit(main())
