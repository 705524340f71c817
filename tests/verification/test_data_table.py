"""Reading tables: every way in which a file is no table of numbers is one error that names the place."""

from pathlib import Path

import numpy as np
import pytest

from sgdtheory.errors import InvalidInput
from sgdtheory.verification.data import table as tables

DIGITS = Path(__file__).parents[2] / "examples" / "digits.csv"


def test_the_example_is_the_digits_test_set():
    table = tables.read(DIGITS)
    names, features, target = table.split("digit")
    assert features.shape == (1797, 64)
    assert names[0] == "pixel_0_0"
    assert set(np.unique(target)) == set(range(10))
    assert features.min() == 0.0
    assert features.max() == 16.0


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters_quotes_blank_lines_and_spaces(delimiter):
    lines = [delimiter.join(['"a b"', " c"]), "", delimiter.join(["1.5", " -2e3 "]), delimiter.join(['"3"', "+4"]), ""]
    table = tables.parse("\r\n".join(lines))
    assert table.names == ("a b", "c")
    assert table.values.tolist() == [[1.5, -2000.0], [3.0, 4.0]]


def test_a_byte_order_mark_is_no_part_of_a_name(tmp_path):
    path = tmp_path / "t.csv"
    path.write_bytes(b"\xef\xbb\xbfa,b\n1,2\n")
    assert tables.read(path).names == ("a", "b")


def test_text_columns_can_be_ignored():
    table = tables.parse("a,name,b\n1,x,2\n3,,4\n", ignore=("name",))
    assert table.names == ("a", "b")
    assert table.values.tolist() == [[1.0, 2.0], [3.0, 4.0]]


@pytest.mark.parametrize(("text", "said"), [
    ("", "the file is empty"),
    ("\n\n", "the file is empty"),
    ("a,b\n", "no row"),
    ("1,2\n3,4\n", "header with column names"),
    ("a,a\n1,2\n", "'a' more than once"),
    ("a,\n1,2\n", "column 2 has no name"),
    ("a,b\n1,2\n3\n", r"row 2 \(line 3\) has 1 cells, the header names 2"),
    ("a,b\n1,2,3\n", r"row 1 \(line 2\) has 3 cells"),
    ("a,b\n1,2\n,\n", "line 3 holds delimiters only"),
    ('a,b\n"1,2\n', "no CSV"),
    ("a,b\n1,x\n", r"row 1 \(line 2\), column 'b' is text \('x'\).*--ignore b"),
    ("a,b\n\n1,2\n3,\n", r"row 2 \(line 4\), column 'b' is missing"),
    ("a,b\n1,NaN\n", r"row 1 \(line 2\), column 'b' is missing \('NaN'\)"),
    ("a,b\n1,-nan\n", "column 'b' is missing"),
    ("a,b\nNA,2\n", "column 'a' is missing"),
    ("a,b\n1,inf\n", r"column 'b' is infinite \('inf'\)"),
    ("a,b\n1,1e999\n", "column 'b' is infinite"),
    ("a,b\n1,2\n1,-1e308\n", r"row 2 \(line 3\), column 'b' is too large \('-1e308'; at most 1e\+50\)"),
    ("a;b\n1,5;2\n", "decimal point as a point"),
    ("a,b\n1_000,2\n", "is text"),
    ("a,b\nx,y\n1,\nz,2\n", r"'a' is text \('x'\); row 1 \(line 2\), column 'b' is text.*all 4 such cells in 2 col"),
])
def test_what_is_no_table_of_numbers(text, said):
    with pytest.raises(InvalidInput, match=said):
        tables.parse(text)


def test_unknown_columns_list_what_there_is_and_what_is_close():
    with pytest.raises(InvalidInput, match=r"no target 'hieght'; did you mean 'height'"):
        tables.parse("height,weight\n1,2\n").split("hieght")
    with pytest.raises(InvalidInput, match=r"did you mean 'Height'\?"):
        tables.parse("Height,weight\n1,2\n", needed=("height",))
    with pytest.raises(InvalidInput, match=r"no column 'q'; the columns are height, weight \(2 in all\)"):
        tables.parse("height,weight\n1,2\n", ignore=("q",))
    many = ",".join(f"c{i}" for i in range(40)) + "\n" + ",".join("1" * 40)
    with pytest.raises(InvalidInput, match=r"c5, \.\.\., c37, c38, c39 \(40 in all\)"):
        tables.parse(many, needed=("zzz",))


def test_the_target_cannot_be_ignored():
    with pytest.raises(InvalidInput, match="both needed and ignored"):
        tables.parse("a,b\n1,2\n", ignore=("b",), needed=("b",))


@pytest.mark.parametrize(("content", "said"), [(b"\xff\xfe\x00a", "byte 0 is no UTF-8"),
                                               (b"a,b\n\x001,2\n", "zero bytes")])
def test_what_is_no_text(tmp_path, content, said):
    path = tmp_path / "t.csv"
    path.write_bytes(content)
    with pytest.raises(InvalidInput, match=said):
        tables.read(path)


def test_what_is_no_file(tmp_path):
    with pytest.raises(InvalidInput, match=r"cannot read .*No such file"):
        tables.read(tmp_path / "nowhere.csv")
    with pytest.raises(InvalidInput, match=r"cannot read .*directory"):
        tables.read(tmp_path)
