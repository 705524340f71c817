"""The command line: what it prints, what it writes, and its exit codes."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import sgdtheory
from sgdtheory.cli import main
from sgdtheory.errors import Interrupted
from sgdtheory.verification import verify as verify_module
from sgdtheory.verification.findings import Finding, Verification

DIGITS = str(Path(__file__).parents[1] / "examples" / "digits.csv")
QUICK = ["--horizon", "1", "--runs", "4"]
GIVEN = ["--learning-rate", "sgd=0.005", "--learning-rate", "signsgd=0.05", "--learning-rate", "clipped_sgd=0.008"]


@pytest.fixture
def run(capsys):
    """Call the command line; exit code, standard output and standard error."""

    def call(*arguments):
        code = main(list(arguments))
        out, err = capsys.readouterr()
        return code, out, err

    return call


@pytest.fixture
def csv(tmp_path):
    """A function that writes a small table and returns its path; cells can be spoilt."""

    def write(spoil=lambda rows: rows):
        rng = np.random.default_rng(0)
        x = rng.standard_normal((40, 3))
        rows = [["a", "b", "c", "y"], *([*map(str, row), str(row.sum() + 0.1 * rng.standard_normal())] for row in x)]
        path = tmp_path / "table.csv"
        path.write_text("\n".join(",".join(row) for row in spoil(rows)), encoding="utf-8")
        return str(path)

    return write


def change(row, column, cell):
    def spoil(rows):
        rows[row][column] = cell
        return rows

    return spoil


def test_version(run):
    assert run("--version") == (0, f"sgdtheory {sgdtheory.__version__}\n", "")


@pytest.mark.parametrize("command", [[], ["list"], ["show"], ["verify"], ["risk"]])
def test_help_says_what_and_how(run, command):
    code, out, err = run(*command, "--help")
    assert (code, err) == (0, "")
    assert "Usage: sgdtheory" in out
    assert "xample" in out or not command


def test_list(run):
    code, out, _ = run("list")
    assert code == 0
    for word in ("signsgd", "risk_curve", "LinearRegression", "How does the risk fall with time?", "SGD is a SeparableUpdate"):
        assert word in out


def test_list_as_json(run):
    code, out, _ = run("list", "--json")
    found = json.loads(out)
    assert code == 0
    assert {"signsgd", "sgd", "clipped_sgd", "noise", "separable"} <= {t["name"] for t in found["theories"]}
    assert {"question": "risk_curve", "problem": "LinearRegression", "algorithm": "SeparableUpdate"}.items() <= next(
        c for c in found["cells"] if c["question"] == "risk_curve").items()
    assert {"name": "SignSGD", "is_a": ["SeparableUpdate"]} in found["algorithms"]


def test_show(run):
    code, out, err = run("show", "signsgd")
    assert (code, err) == (0, "")
    assert "g(x, r) = sign(x)*sign(r)" in out
    assert "because" in out
    assert "holds" in out
    assert "drift_factor" in out
    assert "\x1b" not in out


def test_show_as_json_is_the_record(run):
    code, out, _ = run("show", "signsgd", "--json")
    assert code == 0
    assert json.loads(out)["steps"] == sgdtheory.derivation("signsgd").data["steps"]


def test_showing_and_listing_need_no_sympy_and_failing_no_numpy():
    program = ("import sys; from sgdtheory.cli import main; assert main(['show', 'signsgd']) == 0; assert main(['list']) == 0; "
               "sys.exit('sympy' in sys.modules or 'matplotlib' in sys.modules)")
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, check=False).returncode == 0
    program = "import sys; from sgdtheory.cli import main; main(['--version']); sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, check=False).returncode == 0


def test_a_reader_that_goes_away_is_no_error():
    shell = f"{sys.executable} -m sgdtheory.cli show separable --json | head -c 1"
    done = subprocess.run(["sh", "-c", shell], capture_output=True, check=True, text=True)
    assert (done.stdout, done.stderr) == ("{", "")


@pytest.mark.parametrize("arguments", ["show sgd", "show sgd --json", "list", "--help", "risk --help", "--version"])
def test_a_closed_pipe_is_141(arguments):
    import os

    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = subprocess.run([sys.executable, "-m", "sgdtheory.cli", *arguments.split()], stdout=writer,
                              stderr=subprocess.PIPE, check=False)
    finally:
        os.close(writer)
    assert (done.returncode, done.stderr) == (141, b"")


@pytest.mark.parametrize(("arguments", "said"), [
    (["show", "adam"], "'adam'"),
    (["verify", "adam"], "'adam'"),
    (["nonsense"], "nonsense"),
    (["risk", "--target", "y"], "--data"),
    (["risk", "--data", "nowhere.csv", "--target", "y"], "cannot read 'nowhere.csv'"),
    (["risk", "--data", DIGITS, "--target", "digit"], "--drop-constant"),
    (["risk", "--data", DIGITS, "--target", "digits"], "did you mean 'digit'"),
    (["risk", "--data", DIGITS, "--target", "digit", "--drop-constant", "--runs", "few"], "--runs"),
    (["risk", "--data", DIGITS, "--target", "digit", "--drop-constant", "--runs", "1"], "runs=1"),
    (["risk", "--data", DIGITS, "--target", "digit", "--drop-constant", "--seed", "-1"], "rng=-1"),
    (["risk", "--data", DIGITS, "--target", "digit", "--drop-constant", "--horizon", "0"], "horizon=0"),
    (["risk", "--data", DIGITS, "--target", "digit", "--learning-rate", "sgd"], "sgd=0.5"),
    (["risk", "--data", DIGITS, "--target", "digit", "--learning-rate", "sgd=x"], "ALGORITHM=NUMBER"),
    (["risk", "--data", DIGITS, "--target", "digit", "--learning-rate", "adam=1"], "'adam'"),
    (["risk", "--data", DIGITS, "--target", "digit", "--learning-rate", "sgd=-1"], "learning_rate of sgd"),
    (["risk", "--data", DIGITS, "--target", "digit", "--learning-rate", "adam=1"], "--learning-rate='adam=1'"),
    (["risk", "--data", DIGITS, "--target", "digit", "--learning-rate", "sgd=1", "--learning-rate", "SGD=2"],
     "sgd already has 1"),
    (["risk", "--data", DIGITS, "--target", "digit", "--plot", "risk.txt"], ".png, .svg or .pdf"),
    (["risk", "--data", DIGITS, "--target", "digit", "--plot", "no/such/folder/risk.png"], "there is no folder"),
    (["risk", "--data", DIGITS, "--target", "digit", "--report", DIGITS], "a folder"),
])
def test_bad_input_is_one_clear_line_and_exit_code_2(run, arguments, said):
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert said in err
    assert err.startswith("sgdtheory: ")
    assert err.count("\n") == 1
    code, out, err = run(*arguments, "--json")
    found = json.loads(out)
    assert (code, found["exit_code"], err) == (2, 2, "")
    assert said in found["error"]["message"]
    assert found["error"]["type"]


@pytest.mark.parametrize(("arguments", "where"), [
    (["nonsense"], "sgdtheory --help"),
    (["risk", "--nonsense"], "sgdtheory risk --help"),
    (["risk", "--target", "y"], "sgdtheory risk --help"),
    (["verify", "--jobs", "few"], "sgdtheory verify --help"),
])
def test_a_usage_error_points_to_the_help_of_its_command(run, arguments, where):
    code, _, err = run(*arguments)
    assert code == 2
    assert err.endswith(f"(see {where})\n")


@pytest.mark.parametrize(("spoil", "said"), [
    (change(3, 1, "red"), "row 3 (line 4), column 'b' is text ('red')"),
    (change(5, 0, ""), "row 5 (line 6), column 'a' is missing"),
    (change(5, 3, "nan"), "column 'y' is missing"),
    (change(2, 2, "-inf"), "column 'c' is infinite"),
    (lambda rows: [[*row[:3], "1"] if i else row for i, row in enumerate(rows)], "the target is 1 in every row"),
    (lambda rows: [[*row[:2], "5", row[3]] if i else row for i, row in enumerate(rows)], "column 'c' is constant"),
    (change(4, 1, "1e308"), "row 4 (line 5), column 'b' is too large ('1e308'"),
    (lambda rows: rows[:5], "4 rows for 3 features, where at least 5 rows are needed"),
    (lambda rows: rows[:2], "1 row for 3 features, where at least 5 rows are needed"),
    (lambda rows: rows[1:], "header"),
    (lambda rows: [["y"], *[row[3:] for row in rows[1:]]], "there is no feature"),
])
def test_bad_tables(run, csv, spoil, said):
    code, _, err = run("risk", "--data", csv(spoil), "--target", "y")
    assert code == 2
    assert said in err


def test_risk_of_the_digits(run, tmp_path):
    picture = tmp_path / "risk.png"
    code, out, err = run("risk", "--data", DIGITS, "--target", "digit", "--drop-constant", *QUICK, *GIVEN,
                         "--plot", str(picture), "--report", str(tmp_path / "report"))
    assert code == 0
    assert "1797 rows, 61 features, target digit" in out
    assert "'pixel_0_0', 'pixel_4_0', 'pixel_4_7'" in out
    assert "on real rows it is an approximation" in " ".join(out.split())
    assert picture.read_bytes()[:4] == b"\x89PNG"
    assert "SGD against SGD" in (tmp_path / "report" / "index.html").read_text(encoding="utf-8")
    assert err == ""


def test_risk_as_json(run, csv, tmp_path):
    code, out, err = run("risk", "--data", csv(), "--target", "y", *QUICK, *GIVEN, "--json", "--plot", str(tmp_path / "r.svg"))
    assert (code, err) == (0, "")
    found = json.loads(out)
    assert set(found) == {"data", "problem", "facts", "horizon", "runs", "seed", "algorithms", "hybrids", "winner", "sentences",
                          "warnings", "written"}
    assert [a["learning_rate"] for a in found["algorithms"]] == [0.005, 0.05, 0.008]
    assert found["horizon"] == 1.0
    assert found["written"] == {"plot": str(tmp_path / "r.svg")}
    assert (tmp_path / "r.svg").read_text(encoding="utf-8").startswith("<?xml")


def test_options_reach_the_analysis(run, csv):
    code, out, _ = run("risk", "--data", csv(), "--target", "y", *QUICK, *GIVEN, "--json", "--ignore", "b", "--standardise",
                       "--threshold", "0.3", "--seed", "7")
    found = json.loads(out)
    assert code == 0
    assert found["data"]["features"] == 2
    assert found["problem"]["trace"] == pytest.approx(2.0)
    assert found["algorithms"][2]["parameters"] == {"c": 0.3}
    assert found["seed"] == 7


def test_text_and_json_tell_the_same_numbers(run, csv):
    arguments = ["risk", "--data", csv(), "--target", "y", *QUICK, *GIVEN]
    found = json.loads(run(*arguments, "--json")[1])
    out = run(*arguments)[1]
    for algorithm in found["algorithms"]:
        assert f"{algorithm['theory']['final']:.4g}" in out


def fake(ok, complete=True):
    finding = Finding("signsgd", "check", "drift", "what", ok, "2.0 against 1.0")
    return Verification(("signsgd",), (finding,), complete, 0.1)


@pytest.mark.parametrize(("verdict", "code"), [(fake(True), 0), (fake(False), 1), (fake(True, complete=False), 1)])
def test_verify_exits_with_its_verdict(run, monkeypatch, verdict, code):
    asked = {}

    def check(*names, **options):
        asked.update(options, names=names)
        return verdict

    monkeypatch.setattr(verify_module, "verify", check)
    assert run("verify", "signsgd", "--mutants", "--jobs", "1")[0] == code
    assert asked["names"] == ("signsgd",)
    assert asked["mutants"] is True
    assert asked["executor"] is None
    found_code, out, _ = run("verify", "--json", "--jobs", "1")
    assert found_code == code
    assert json.loads(out)["ok"] is (code == 0)
    assert asked["names"] == ()


@pytest.mark.parametrize("stop", [KeyboardInterrupt(), Interrupted("interrupted after 3 of 9 parts")])
def test_an_interruption_is_130(run, monkeypatch, stop):
    def check(*names, **options):
        raise stop

    monkeypatch.setattr(verify_module, "verify", check)
    code, out, err = run("verify", "--jobs", "1")
    assert (code, out) == (130, "")
    assert "interrupted" in err
    code, out, _ = run("verify", "--jobs", "1", "--json")
    assert json.loads(out)["exit_code"] == code == 130


def test_an_interrupted_risk_speaks_of_the_command_line(run, csv, monkeypatch):
    from sgdtheory.verification.data import job

    def stop(*args, **options):
        raise Interrupted("interrupted with 0 of 4 runs finished; .runs holds 4 runs; rng=SeedSequence(0) starts them again")

    monkeypatch.setattr(job, "simulate", stop)
    code, out, err = run("risk", "--data", csv(), "--target", "y", *QUICK, *GIVEN, "--seed", "3")
    assert (code, out) == (130, "")
    assert "interrupted" in err
    assert "--seed 3" in err
    assert ".runs" not in err
    assert "SeedSequence" not in err


def test_a_defect_is_70_and_is_not_hidden(run, monkeypatch):
    def check(*names, **options):
        raise RuntimeError("impossible")

    monkeypatch.setattr(verify_module, "verify", check)
    code, out, err = run("verify", "--jobs", "1", "--json")
    assert code == 70
    assert "RuntimeError" in json.loads(out)["error"]["message"]
    assert "Traceback" in err


def test_a_report_that_cannot_be_written_is_an_error(run, csv, tmp_path):
    (tmp_path / "file").write_text("")
    code, _, err = run("risk", "--data", csv(), "--target", "y", *QUICK, *GIVEN, "--report", str(tmp_path / "file" / "report"))
    assert code == 2
    assert "file" in err


def test_a_progress_bar_only_on_a_terminal(capsys, monkeypatch):
    from sgdtheory import cli

    with cli._bar("working") as advance:
        advance("part", 1, 2)
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with cli._bar("working") as advance:
        advance("part", 1, 2)
    assert "working" in capsys.readouterr().err
