"""The command line: ``sgdtheory list``, ``show``, ``verify``, ``risk``.

Exit codes: 0 all well, 1 theory and runs or definitions disagree, 2 bad input, 70 a defect, 130 interrupted.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Annotated, Any

import typer

from sgdtheory.errors import Interrupted, InvalidInput, SGDTheoryError, invalid

BAD_INPUT, DISAGREES, DEFECT, INTERRUPTED, CLOSED = 2, 1, 70, 130, 141
RATED = {"sgd": "sgd", "signsgd": "signsgd", "clippedsgd": "clipped_sgd"}
"""Algorithms that take a learning rate: spelt without punctuation, and as the help spells them."""

PICTURES = ("png", "svg", "pdf")

app = typer.Typer(no_args_is_help=True, add_completion=False, rich_markup_mode="rich", pretty_exceptions_enable=False,
                  context_settings={"help_option_names": ["-h", "--help"]},
                  help="What stochastic-gradient optimizers do: derived, solved, simulated and compared.",
                  epilog="Exit codes: 0 all well, 1 theory and runs disagree, 2 bad input, 130 interrupted. "
                         "With --json every command writes one JSON document to standard output, errors too.")

Json = Annotated[bool, typer.Option("--json", help="Write one JSON document instead of text.")]
Names = Annotated[list[str] | None, typer.Argument(help="Theories; default: all.")]
Name = Annotated[str, typer.Argument(help="A theory that 'sgdtheory list' names.")]
Mutants = Annotated[bool, typer.Option("--mutants", help="Also spoil every formula; the checks must notice.")]
Jobs = Annotated[int, typer.Option(help="Processes to use; 0: one for each core.", min=0)]
Report = Annotated[Path | None, typer.Option(help="Folder for a self-contained index.html.", metavar="DIR")]
Data = Annotated[Path, typer.Option(help="CSV file of numbers, with a header.", metavar="FILE")]
Target = Annotated[str, typer.Option(help="The column to learn.", metavar="COLUMN")]
Ignore = Annotated[list[str] | None, typer.Option(help="A column to leave out; repeatable.", metavar="COLUMN")]
DropConstant = Annotated[bool, typer.Option("--drop-constant", help="Leave out columns that never vary.")]
Standardise = Annotated[bool, typer.Option("--standardise", help="Divide each feature by its standard deviation.")]
Rates = Annotated[list[str] | None, typer.Option(
    metavar="ALG=VALUE", help="Constant learning rate of sgd, signsgd or clipped_sgd, such as sgd=0.5; repeatable. "
                              "Default: the best one by the theory.")]
Threshold = Annotated[float | None, typer.Option(help="Threshold of clipped SGD. Default: root mean square residual.")]
Horizon = Annotated[float | None, typer.Option(
    help="Last time; a unit is as many steps as there are features. Default: one pass, but within 10 and 200.")]
NumberOfRuns = Annotated[int, typer.Option(help="Runs of each kind, at least 4.")]
Seed = Annotated[int, typer.Option(help="Seed of the runs.")]
Plot = Annotated[Path | None, typer.Option(help="Picture of the curves: .png, .svg or .pdf.", metavar="FILE")]


class _Stopped(Exception):
    """Carries an interruption past typer, which would swallow its message."""


def _command(name: str | None = None, **options: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            try:
                return function(*args, **kwargs)
            except KeyboardInterrupt as stop:
                raise _Stopped from stop

        return app.command(name, **options)(guarded)

    return register


def _version(asked: bool) -> None:
    if asked:
        from sgdtheory import __version__

        print(f"sgdtheory {__version__}")
        raise typer.Exit


Version = Annotated[bool, typer.Option("--version", callback=_version, is_eager=True,
                                       help="Show the version and exit.")]


@app.callback()
def _options(version: Version = False) -> None:
    """What stochastic-gradient optimizers do: derived, solved, simulated and compared."""


@_command("list", epilog="Example:  sgdtheory list --json")
def list_(as_json: Json = False) -> None:
    """Theories, questions, and which question is answered for which problem and algorithm."""
    from sgdtheory.verification.catalogue import catalogue

    found = catalogue()
    if as_json:
        return _write(found)
    console = _console()
    _table(console, "Theories  (sgdtheory show NAME)", ("name", "what", "source", "steps"),
           [(t["name"], t["title"], t["source"], str(t["steps"])) for t in found["theories"]])
    _table(console, "Questions  (sgdtheory.NAME in Python)", ("name", "meaning"),
           [(q["name"], q["meaning"]) for q in found["questions"]])
    _table(console, "Answered", ("question", "problem", "algorithm", "theory"),
           [(c["question"], c["problem"], c["algorithm"] or "-", c["theory"]) for c in found["cells"]])
    for a in found["algorithms"]:
        if a["is_a"]:
            console.print(f"{a['name']} is a {' and a '.join(a['is_a'])}, and answered for as one")


@_command(epilog="Example:  sgdtheory show signsgd")
def show(name: Name, as_json: Json = False) -> None:
    """A derivation: its steps, their reasons, and the verdict on each."""
    from sgdtheory.derive.record import derivation

    record = derivation(name)
    if as_json:
        return _write(dict(record.data))
    _derivation(_console(), record)


@_command(epilog="Examples:  sgdtheory verify   |   sgdtheory verify signsgd sgd --report report")
def verify(names: Names = None, report: Report = None, mutants: Mutants = False, jobs: Jobs = 0,
           as_json: Json = False) -> int:
    """Check derivations anew, kernels against definitions, theory against simulation; exit code 1 if anything fails."""
    from sgdtheory.verification.verify import verify as check

    with _workers(jobs) as executor, _bar("verifying") as advance:
        verdict = check(*(names or ()), report=report, mutants=mutants, executor=executor,
                        progress=lambda done, total, finding: advance(f"{finding.unit}: {finding.name}", done, total))
    if as_json:
        _write({**verdict.as_dict(), "report": None if report is None else str(report / "index.html")})
    else:
        print(verdict)
        if report is not None:
            print(f"report: {report / 'index.html'}")
    return 0 if verdict else DISAGREES


@_command(epilog="Examples:  sgdtheory risk --data examples/digits.csv --target digit --drop-constant   |   "
                    "sgdtheory risk --data t.csv --target y --learning-rate sgd=0.1 --plot risk.png --json")
def risk(data: Data, target: Target, ignore: Ignore = None, drop_constant: DropConstant = False,
         standardise: Standardise = False, learning_rate: Rates = None, threshold: Threshold = None,
         horizon: Horizon = None, runs: NumberOfRuns = 16, seed: Seed = 0, plot: Plot = None, report: Report = None,
         as_json: Json = False) -> None:
    """Which of SGD, signSGD and clipped SGD learns your data best: predicted, run on the rows, and explained."""
    kind = _picture_kind(plot)
    _folder(report)
    rates = _rates(learning_rate or ())
    from sgdtheory.verification.data.job import analyse

    with _bar("analysing") as advance:
        try:
            found = analyse(data, target, ignore=ignore or (), drop_constant=drop_constant, standardise=standardise,
                            learning_rates=rates, threshold=threshold, horizon=horizon, runs=runs, rng=seed,
                            progress=advance)
        except KeyboardInterrupt:
            # What the simulation says of it is for Python: which attribute holds the runs, how to seed them again.
            raise Interrupted("interrupted before the analysis was complete, so nothing is shown or written; the same "
                              f"command with --seed {seed} starts the same runs again") from None
    written = {}
    if plot is not None:
        from sgdtheory.verification.data.report import save

        save(found, plot, kind)
        written["plot"] = str(plot)
    if report is not None:
        written["report"] = str(found.report(report))
    if as_json:
        return _write({**found.to_dict(), "written": written})
    _analysis(_console(), found)
    for what, where in written.items():
        print(f"{what}: {where}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    as_json = "--json" in given
    try:
        with warnings.catch_warnings():
            warnings.showwarning = _warn
            code = int(app(given, prog_name="sgdtheory", standalone_mode=False) or 0)
            sys.stdout.flush()
            return code
    except (_Stopped, typer.Abort, KeyboardInterrupt) as stop:
        return _fail(stop.__cause__ or stop, INTERRUPTED, as_json, "interrupted")
    except SGDTheoryError as error:
        return _fail(error, BAD_INPUT, as_json)
    except (BrokenPipeError, SystemExit):
        # The reader went away (click and rich, which write tables and help, make a SystemExit of it; there is no other
        # here). Nothing more can be said to it, and the interpreter must not try at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return CLOSED
    except Exception as error:
        message = getattr(error, "format_message", None)
        if message is not None:
            context = getattr(error, "ctx", None)
            return _fail(error, BAD_INPUT, as_json, message(), context.command_path if context else "sgdtheory")
        if isinstance(error, OSError):
            return _fail(error, BAD_INPUT, as_json, f"{error.strerror or error}: {error.filename or ''}".rstrip(": "))
        traceback.print_exc()
        return _fail(error, DEFECT, as_json, f"a defect of sgdtheory: {type(error).__name__}: {error}")


def _fail(error: BaseException, code: int, as_json: bool, message: str = "", usage: str = "") -> int:
    text = " ".join((message if message and not isinstance(error, SGDTheoryError) else str(error)).split()) or message
    if as_json:
        _write({"error": {"type": type(error).__name__, "message": text}, "exit_code": code})
    elif text:
        print(f"sgdtheory: {text}" + (f" (see {usage} --help)" if usage else ""), file=sys.stderr)
    return code


def _write(document: Any) -> None:
    print(json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False))


def _warn(message: Any, category: Any, filename: Any, lineno: Any, file: Any = None, line: Any = None) -> None:
    print(f"warning: {message}", file=sys.stderr)


def _console() -> Any:
    from rich.console import Console

    # Piped output is for programs and files: no colour, and lines as wide as a table needs.
    return Console(highlight=False, width=None if sys.stdout.isatty() else 140, soft_wrap=False)


def _table(console: Any, title: str, heads: Sequence[str], rows: Sequence[Sequence[str]],
           numeric: Sequence[int] = ()) -> None:
    from rich import box
    from rich.markup import escape
    from rich.table import Table

    table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
    for i, head in enumerate(heads):
        table.add_column(head, justify="right" if i in numeric else "left", overflow="fold")
    for row in rows:
        table.add_row(*(escape(cell) for cell in row))
    console.print(table)


def _derivation(console: Any, record: Any) -> None:
    import textwrap

    from rich.markup import escape
    def said(text: str, style: str = "") -> None:
        wrapped = textwrap.fill(text, console.width, initial_indent="   ", subsequent_indent="      ")
        console.print(wrapped, style=style, markup=False)

    data = record.data
    console.print(f"[bold]{escape(data['title'])}[/bold]  {escape(data['source'])}")
    if data["update"]:
        console.print(f"update rule  g(x, r) = {escape(data['update'])}")
    styles = {"holds": "green", "fails": "bold red", "unknown": "yellow"}
    for i, step in enumerate(record, 1):
        verdict = step["verdict"]
        style = styles.get(verdict, "white")
        console.print(f"\n[bold]{i}. {escape(step['name'])}[/bold]  {step['kind']}, [{style}]{verdict}[/{style}]")
        said(step["plain"])
        if step["because"]:
            said(f"because {step['because']}")
        for check in step["checks"] if step["kind"] != "definition" else ():
            said(f"{check['way']}: {check['note']}", "dim")
    _table(console, "\nResults", ("function", "meaning", "claim", "from step"),
           [(r["name"], r["doc"], r["exactness"], r["step"]) for r in record.results.values()])


def _analysis(console: Any, found: Any) -> None:
    from rich.markup import escape

    from sgdtheory.verification.data import report

    n, d = found.model.shape
    console.print(f"[bold]{escape(found.origin)}[/bold]: {n} rows, {d} features, target {escape(found.target)}")
    for note in found.model.notes:
        console.print(f"  - {escape(note)}")
    for warning in found.warnings:
        console.print(f"  [yellow]warning:[/yellow] {escape(warning)}")
    start = found.model.problem.initial_risk
    _table(console, f"\nRisk at t={found.horizon:.4g} (start {start:.4g}) and gap to the theory, averaged over time",
           report.OUTCOMES, report.outcome_rows(found), range(1, 7))
    _table(console, "Effects, from the initial to the final risk of the theory",
           report.EFFECTS, report.effect_rows(found), range(1, 6))
    for sentence in found.sentences:
        console.print(escape(sentence), end="\n\n")


def _picture_kind(plot: Path | None) -> str:
    if plot is None:
        return ""
    kind = plot.suffix.lower().lstrip(".")
    if kind not in PICTURES:
        raise invalid("plot", str(plot), "a file name that ends in .png, .svg or .pdf", "--plot risk.png")
    if not plot.parent.is_dir():
        raise InvalidInput(f"plot={str(plot)!r}: there is no folder {str(plot.parent)!r}")
    return kind


def _folder(report: Path | None) -> None:
    if report is not None and report.exists() and not report.is_dir():
        raise invalid("report", str(report), "a folder, or a path where one can be made",
                      "the report is FOLDER/index.html")


def _rates(texts: Sequence[str]) -> dict[str, float]:
    """Learning rates by algorithm; an error where one is not known or given twice."""
    found: dict[str, float] = {}
    for text in texts:
        name, value = _assignment(text)
        key = "".join(c for c in name.lower() if c.isalnum())
        if key not in RATED:
            raise invalid("--learning-rate", text, f"for sgd, signsgd or clipped_sgd, not for {name!r}",
                          "--learning-rate sgd=0.5")
        if RATED[key] in found:
            raise invalid("--learning-rate", text, f"given once for each algorithm; {RATED[key]} already has "
                                                   f"{found[RATED[key]]:g}")
        found[RATED[key]] = value
    return found


def _assignment(text: str) -> tuple[str, float]:
    name, equals, value = text.partition("=")
    try:
        return name.strip(), float(value)
    except ValueError:
        domain = "ALGORITHM=NUMBER" if equals else "ALGORITHM=NUMBER, with an equals sign"
        raise invalid("--learning-rate", text, domain, "--learning-rate sgd=0.5") from None


@contextmanager
def _workers(jobs: int) -> Iterator[Any]:
    """An executor of processes, or None where one process is enough."""
    count = jobs or os.cpu_count() or 1
    if count == 1:
        yield None
        return
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor

    for name in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    with ProcessPoolExecutor(count, mp_context=multiprocessing.get_context("spawn")) as executor:
        try:
            yield executor
        except BaseException:
            executor.shutdown(wait=False, cancel_futures=True)
            raise


@contextmanager
def _bar(label: str) -> Iterator[Callable[[str, int, int], object]]:
    """A progress bar on a terminal; nothing where standard error is a pipe or a file."""
    if not sys.stderr.isatty():
        yield lambda what, done, total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(label, total=None)
        yield lambda what, done, total: progress.update(task, description=f"{label}: {what}", completed=done,
                                                        total=total)


if __name__ == "__main__":
    sys.exit(main())
