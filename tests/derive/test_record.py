"""Records: complete without the derivation's code, the same every time, read without SymPy, checked anew from their text."""

import json
import subprocess
import sys
from html.parser import HTMLParser

import pytest
import sympy as sp

import sgdtheory as sgt
from derivations._compare import differences
from sgdtheory.derive import Derivation, DerivativeIn, Simulation, recheck
from sgdtheory.derive.record import Record
from sgdtheory.derive.steps import Verdict, combine
from sgdtheory.errors import InvalidInput


def chain(factor=1):
    D = Derivation("chain", title="A chain & more", source="arXiv:0000.00000", bibtex="@article{key,\n title={T}\n}", update="x*Max(-c, Min(c, r))")
    a, q, z = D.symbol("a", "(0, 1)", "half-width", latex=r"\alpha"), D.symbol("q", "(-1, 1)", ""), D.symbol("z")
    area = D.definition("area", sp.Integral(2 * sp.sqrt(1 - q**2), (q, 0, a)), because="area < 1 over [0, a]", label="A(a)")
    closed = D.identity("closed", area, sp.asin(a) + a * sp.sqrt(1 - a**2), because="elementary", route=DerivativeIn(a, 0), label="A(a)")
    D.identity(
        "mean",
        sp.Integral(z**2 * a * sp.exp(-(z**2) / 2) / sp.sqrt(2 * sp.pi), (z, -sp.oo, sp.oo)),
        factor * a,
        needs=("area",),
        route=Simulation(a * z**2, {"z": "normal"}, samples=100_000),
    )
    D.bound("bound", closed, 2 * a, attained_at={a: sp.Rational(1, 20)}, one_way="concave")
    D.limit("limit", closed, 2 * a, a, 0, 2)
    D.theorem("theorem", "the risk concentrates", needs=("bound",), assumes=("delocalised",), checked_by=("case",), references=("Theorem 1",))
    D.function("area", step="closed", arguments={"width": a}, doc="Area", parameters=())
    return D


@pytest.fixture(scope="module")
def record():
    return Record(json.loads(chain().files()["chain.json"]))


def test_a_record_is_the_same_every_time():
    assert chain().files() == chain().files()


def test_a_record_holds_everything(record):
    assert [s["kind"] for s in record] == ["definition", "definition", "identity", "identity", "bound", "limit", "theorem"]
    assert record.holds
    assert record.data["sympy"] == sp.__version__
    assert record.symbols["a"] == {"name": "a", "domain": "(0, 1)", "meaning": "half-width", "latex": r"\alpha"}
    step = record.steps["closed"]
    assert step["left"] == "Integral(2*sqrt(1 - q**2), (q, 0, a))"
    assert step["needs"] == ["area"]
    assert step["route"] == {"route": "DerivativeIn", "variable": "a", "at": "0"}
    assert {c["way"] for c in step["checks"]} == {"numeric", "symbolic"}
    assert record.steps["theorem"]["assumes"] == ["delocalised"]
    assert record.steps["theorem"]["exactness"] == "limit"
    assert record.results["area"]["exactness"] == "exact"
    assert record.results["area"]["arguments"] == {"width": "a"}
    assert record.bibtex().startswith("@article{key")


def test_a_record_is_checked_anew_from_its_text_alone(record):
    found = record.recheck()
    assert list(found) == [s["name"] for s in record]
    assert all(combine(checks) is Verdict.HOLDS for checks in found.values())
    assert recheck(record, "closed") == found["closed"]
    for step in record:
        assert [c.data() for c in found[step["name"]]] == step["checks"]


@pytest.mark.parametrize(
    ("step", "side", "old", "new"),
    [
        ("closed", "right", "asin(a)", "21*asin(a)/20"),
        ("closed", "left", "1 - q**2", "1 + q**2"),
        ("mean", "right", "a", "-a"),
        ("bound", "right", "2*a", "a"),
        ("limit", "right", "2*a", "3*a"),
    ],
)
def test_a_record_that_was_tampered_with_fails(record, step, side, old, new):
    data = json.loads(json.dumps(record.data))
    row = next(s for s in data["steps"] if s["name"] == step)
    assert old in row[side]
    row[side] = row[side].replace(old, new)
    assert combine(recheck(data, step)) is Verdict.FAILS


def test_a_record_cannot_run_code(record):
    data = json.loads(json.dumps(record.data))
    data["steps"][2]["right"] = "__import__('os').getpid()"
    with pytest.raises(InvalidInput):
        recheck(data, "closed")


def test_a_record_shows_itself(record):
    text = str(record)
    for piece in ("A chain & more", "3. closed (identity) ✓ holds", "because: elementary", "needs: area", "asin(a)", "30 digits", "width"):
        assert piece in text
    assert max(map(len, text.splitlines())) <= 120
    html = record._repr_html_()
    open_ = []

    class Balanced(HTMLParser):
        def handle_starttag(self, tag, attrs):
            if tag != "br":
                open_.append(tag)

        def handle_endtag(self, tag):
            assert open_.pop() == tag

    Balanced().feed(html)
    assert not open_
    assert "A chain &amp; more" in html
    assert "area &lt; 1" in html
    assert html.count("<math") == 6
    assert r"\alpha" in record._repr_latex_()
    assert repr(record) == "Record(chain: A chain & more; 7 of 7 steps hold, 1 results; arXiv:0000.00000)"


def test_reading_records_loads_no_sympy():
    code = (
        "import sys, sgdtheory as sgt; r = sgt.derivation('noise'); str(r), r._repr_html_(), r._repr_latex_(), r.bibtex(); "
        "import sgdtheory.derive.record; sys.exit(any(m in sys.modules for m in ('sympy', 'scipy', 'mpmath')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_an_unknown_name_is_told_which_there_are():
    with pytest.raises(InvalidInput, match="noise"):
        sgt.derivation("nothing")


def test_regeneration_is_compared_byte_for_byte_or_by_value(tmp_path):
    D = chain()
    assert differences(D, tmp_path, tmp_path) == ["chain.py is missing", "chain.json is missing"]
    D.write(tmp_path, tmp_path)
    assert differences(D, tmp_path, tmp_path) == []
    kernel, record = tmp_path / "chain.py", tmp_path / "chain.json"
    kept = kernel.read_text(), record.read_text()
    kernel.write_text(kept[0].replace("Area.", "The area."))
    assert differences(D, tmp_path, tmp_path) == ["chain.py is not the same text"]
    other = kept[1].replace(f'"sympy": "{sp.__version__}"', '"sympy": "1.0"')  # as if another version had written it
    record.write_text(other.replace("asin(a) + a*sqrt(1 - a**2)", "a*sqrt((1 - a)*(1 + a)) + asin(a)"))
    assert differences(D, tmp_path, tmp_path) == []
    record.write_text(other.replace('"right": "a*sqrt(1 - a**2) + asin(a)"', '"right": "a*sqrt(1 - a**2) + 2*asin(a)"'))
    assert differences(D, tmp_path, tmp_path) == ["the right side of closed has another value"]
    record.write_text(other)
    kernel.write_text(kept[0].replace("np.arcsin(width)", "1.05*np.arcsin(width)"))
    assert "1.05" in kernel.read_text()
    assert "function area has another value" in differences(D, tmp_path, tmp_path)[0]
