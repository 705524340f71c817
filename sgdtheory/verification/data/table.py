"""A table of numbers from a CSV file, or one clear error that names the row and the column."""

from __future__ import annotations

import csv
import difflib
import io
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sgdtheory.errors import InvalidInput
from sgdtheory.values import Array

LARGEST = 1e50
"""Cells beyond this are refused: fourth powers, which the analysis takes, must stay well within double precision."""

DELIMITERS = ",;\t|"
MISSING = frozenset({"", "na", "n/a", "nan", "null", "none", "?", "-", ".", "missing"})


@dataclass(frozen=True)
class Table:
    """Named columns of finite numbers: ``values`` has shape (rows, columns)."""

    names: tuple[str, ...]
    values: Array
    origin: str

    def split(self, target: str) -> tuple[tuple[str, ...], Array, Array]:
        """Feature names, features (n, d) and target (n,)."""
        column = self.names.index(known(target, self.names, "target", self.origin))
        kept = [i for i in range(len(self.names)) if i != column]
        return tuple(self.names[i] for i in kept), self.values[:, kept], self.values[:, column]


def read(path: str | Path, *, ignore: Sequence[str] = (), needed: Sequence[str] = ()) -> Table:
    """Read a CSV file with a header.

    Parameters
    ----------
    path : str or Path
        UTF-8 text; the delimiter (comma, semicolon, tab or bar) is the one that the header uses most.
    ignore : sequence of str
        Columns to leave out; they may hold text.
    needed : sequence of str
        Columns that must be there.

    Raises
    ------
    InvalidInput
        For a file that is not there or not text, no header or one with numbers only, repeated names, rows of another
        length, and any cell that is text, missing, NaN, infinite or beyond 1e50: the message names the row and the column.
    """
    path = Path(path)
    try:
        # "utf-8-sig" also reads files that spreadsheets start with a byte order mark.
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InvalidInput(f"cannot read {str(path)!r}: {error.strerror or error}") from None
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{path}: byte {error.start} is no UTF-8 text; save the file as CSV in UTF-8") from None
    if "\0" in text:
        raise InvalidInput(f"{path}: holds zero bytes, so it is no text; save the table as CSV in UTF-8")
    return parse(text, str(path), ignore=ignore, needed=needed)


def parse(text: str, origin: str = "data", *, ignore: Sequence[str] = (), needed: Sequence[str] = ()) -> Table:
    """As `read`, from the text itself; ``origin`` names it in errors."""
    lines = _lines(text, origin)
    try:
        _, header = next(lines)
    except StopIteration:
        raise InvalidInput(f"{origin}: the file is empty; it needs a header with column names, and rows") from None
    names = _header(header, origin)
    for name in (*needed, *ignore):
        known(name, names, "column", origin)
    for name in needed:
        if name in ignore:
            raise InvalidInput(f"{origin}: column {name!r} is both needed and ignored")
    kept = [i for i, name in enumerate(names) if name not in set(ignore)]
    rows: list[list[float]] = []
    troubles: dict[str, str] = {}
    count = 0
    for line, cells in lines:
        if len(cells) != len(names):
            raise InvalidInput(f"{origin}: row {len(rows) + 1} (line {line}) has {len(cells)} cells, "
                               f"the header names {len(names)} columns")
        numbers = []
        for i in kept:
            value = _number(cells[i])
            if isinstance(value, str):
                # The first bad cell of each column is kept, so that one error names every bad column.
                count += 1
                troubles.setdefault(names[i], f"row {len(rows) + 1} (line {line}), column {names[i]!r} {value}")
                value = math.nan
            numbers.append(value)
        rows.append(numbers)
    if troubles:
        raise _trouble(troubles, count, origin)
    if not rows:
        raise InvalidInput(f"{origin}: there is a header but no row")
    return Table(tuple(names[i] for i in kept), np.array(rows, dtype=np.float64), origin)


def known(name: str, names: Sequence[str], what: str, origin: str) -> str:
    """``name`` if there is such a column, else an error with the closest matches."""
    if name in names:
        return name
    same = [n for n in names if n.lower() == name.lower().strip()]
    close = same or difflib.get_close_matches(name, names, n=3, cutoff=0.6)
    listed = ", ".join(names if len(names) <= 20 else [*names[:6], "...", *names[-3:]]) + f" ({len(names)} in all)"
    if name.lstrip("+-").isdigit():
        close = []
    hint = f"did you mean {' or '.join(map(repr, close))}? " if close else ""
    raise InvalidInput(f"{origin}: there is no {what} {name!r}; {hint}the columns are {listed}")


def _lines(text: str, origin: str) -> Iterator[tuple[int, list[str]]]:
    """Line number and cells of every line that is not blank."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(DELIMITERS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True, strict=True)
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield reader.line_num, [cell.strip() for cell in cells]
            elif len(cells) > 1:
                raise InvalidInput(f"{origin}: line {reader.line_num} holds delimiters only: every cell is missing")
    except csv.Error as error:
        raise InvalidInput(f"{origin}: line {reader.line_num} is no CSV: {error}") from None


def _header(cells: list[str], origin: str) -> list[str]:
    if all(_is_number(cell) for cell in cells):
        raise InvalidInput(f"{origin}: the first line holds numbers only; put a header with column names before it")
    for i, cell in enumerate(cells):
        if not cell:
            raise InvalidInput(f"{origin}: column {i + 1} has no name in the header")
    repeated = sorted({name for name in cells if cells.count(name) > 1})
    if repeated:
        raise InvalidInput(f"{origin}: the header names {', '.join(map(repr, repeated))} more than once")
    return cells


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _number(cell: str) -> float | str:
    """The cell as a finite number, or what is wrong with it."""
    try:
        value = float(cell)
    except ValueError:
        value = math.nan
    if math.isfinite(value) and "_" not in cell:
        return value if abs(value) <= LARGEST else f"is too large ({cell[:40]!r}; at most {LARGEST:g})"
    if cell.lower() in MISSING or cell.lower() in {"+nan", "-nan"}:
        return f"is missing ({cell!r})" if cell else "is missing"
    if math.isinf(value):
        return f"is infinite ({cell!r})"
    if "," in cell and _is_number(cell.replace(",", ".")):
        return f"is {cell!r}, no number (write the decimal point as a point)"
    return f"is text ({cell[:40]!r})"


def _trouble(troubles: dict[str, str], count: int, origin: str) -> InvalidInput:
    first = list(troubles.values())[:3]
    columns = f"{len(troubles)} column{'s' * (len(troubles) > 1)}"
    more = f" (in all {count} such cells in {columns})" if count > len(first) else ""
    return InvalidInput(f"{origin}: {'; '.join(first)}{more}; correct or remove these rows, or leave the column "
                        f"out with --ignore {next(iter(troubles))} (ignore= in Python)")
