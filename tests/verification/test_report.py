"""The report: one file that needs no network, well formed, and readable in a browser at the width of a phone."""

import html.parser
import re
import shutil

import pytest

from sgdtheory.derive.record import derivation
from sgdtheory.verification import report, tasks
from sgdtheory.verification.findings import Finding, Verification

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
DRIVER = shutil.which("chromedriver")
VOID = {"meta", "link", "br", "img", "hr", "input"}


def _case(name, deviation):
    import numpy as np

    t, fine = np.linspace(0.0, 3.0, 61), np.linspace(0.0, 3.0, 100)
    curve = 0.2 + 0.8 * np.exp(-2 * t)
    numbers = {
        "deviation": deviation,
        "standard_error": 0.004,
        "admitted": 0.03,
        "resolution": 0.04,
        "margin": abs(deviation) / 0.03,
        "wrong_margin": 1.7,
        "limit": 7.0,
        "worst": 2.2,
    }
    return {
        "times": t,
        "mean": curve * (1 + deviation),
        "low": 0.9 * curve,
        "high": 1.1 * curve,
        "fine": fine,
        "theory": 0.2 + 0.8 * np.exp(-2 * fine),
        "runs": 50,
        "seed": 7,
        "d": 300,
        "algorithm": "SignSGD(learning_rate=0.5)",
        "exactness": "limit",
        **numbers,
    }


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    found = [f for task in tasks.tasks("noise", False) if task.kind != "record" for f in task()]
    found += [Finding("noise", "record", name, "made up", True, "numeric: both sides agree") for name in derivation("noise").steps]
    found += [
        Finding("noise", "case", f"case {i} <&>", "made up", i != 1, "detail", 1.0, _case("x", d)) for i, d in enumerate((0.003, 0.08))
    ]
    found.append(Finding("noise", "case", "lost", "made up", False, "ValueError: a < b & c"))
    found.append(
        Finding("noise", "mutants", "cauchy", "mutants of cauchy", True, "20 of 20 mutants killed", data={"killed": 20, "total": 20})
    )
    return report.write(Verification(("noise",), tuple(found), True, 3.0), tmp_path_factory.mktemp("report"))


class _Outline(html.parser.HTMLParser):
    """Every element closed, ids unique; links and headings collected."""

    def __init__(self):
        super().__init__()
        self.open, self.ids, self.links, self.headings, self.fetched = [], [], [], [], []

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        if tag not in VOID:
            self.open.append(tag)
        if "id" in given:
            self.ids.append(given["id"])
        if tag == "a":
            self.links.append(given["href"])
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        self.fetched += [given[k] for k in ("src", "data", "srcset") if k in given] + ([given["href"]] if tag == "link" else [])

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag):
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag


def test_one_well_formed_file_that_fetches_nothing(page):
    text = page.read_text(encoding="utf-8")
    outline = _Outline()
    outline.feed(text)
    assert not outline.open
    assert len(set(outline.ids)) == len(outline.ids)
    assert all(u.startswith("data:") for u in outline.fetched)
    assert "@import" not in text
    assert "url(" not in text
    assert "<script" not in text
    inside = [u[1:] for u in outline.links if u.startswith("#")]
    assert set(inside) <= set(outline.ids)
    assert all(u.startswith("https://arxiv.org/") for u in outline.links if not u.startswith("#"))
    assert outline.headings[0] == 1
    assert outline.headings.count(1) == 1
    assert all(b - a <= 1 for a, b in zip(outline.headings, outline.headings[1:], strict=False))
    assert [p.name for p in page.parent.iterdir()] == ["index.html"]


def test_it_says_what_was_found(page):
    text = page.read_text(encoding="utf-8")
    assert "2 of" in text
    assert "do not hold" in text
    assert "case 0 &lt;&amp;&gt;" in text
    assert "a &lt; b &amp; c" in text
    assert text.count("<math") > 20
    assert "component is a gaussian average" in text
    assert re.search(r"numpy \d", text)
    assert text.count('role="img"') >= 2
    assert 'lang="en"' in text


def _luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_contrast_in_light_and_dark():
    from sgdtheory.verification.page import STYLE

    for block in re.findall(r":root \{(.*?)\}", STYLE, re.S):
        colour = dict(re.findall(r"--(\w+): (#[0-9a-f]{6});", block))
        for text, ground in (
            ("ink", "paper"),
            ("ink", "card"),
            ("soft", "paper"),
            ("soft", "card"),
            ("soft", "wash"),
            ("accent", "paper"),
            ("accent", "card"),
            ("good", "goodwash"),
            ("bad", "badwash"),
        ):
            light, dark = sorted((_luminance(colour[text]), _luminance(colour[ground])))[::-1]
            assert (light + 0.05) / (dark + 0.05) >= 4.5, (text, ground)


@pytest.fixture(scope="module")
def browser():
    if not CHROMIUM or not DRIVER:
        pytest.skip("no Chromium and chromedriver on this machine")
    selenium = pytest.importorskip("selenium", reason="selenium is not installed")
    from selenium.webdriver.chrome.options import Options
    from selenium.webdriver.chrome.service import Service

    options = Options()
    options.binary_location = CHROMIUM
    for flag in ("--headless=new", "--no-sandbox", "--disable-gpu"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = selenium.webdriver.Chrome(options, Service(DRIVER))
    yield driver
    driver.quit()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_in_a_browser(page, browser, width, scheme):
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride", {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 500}
    )
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]})
    browser.get(page.as_uri())
    assert browser.get_log("browser") == []
    run = browser.execute_script
    assert run("return window.innerWidth") == width
    assert run("return document.documentElement.scrollWidth <= window.innerWidth")
    assert run("return [...document.images].every(i => i.naturalWidth > 0)")
    assert run("return [...document.querySelectorAll('svg.plot')].length") == 2
    assert run(
        "return [...document.querySelectorAll('svg.plot')].every(s => s.getBoundingClientRect().width > 200 && s.getBBox().width > 200)"
    )
    assert run("return [...document.querySelectorAll('.box, .formula')].every(b => b.getBoundingClientRect().right <= window.innerWidth)")
    number = run("return getComputedStyle(document.querySelector('ol.steps h4'), '::before').content")
    assert "\\" not in number
    assert float(run("return getComputedStyle(document.body).fontSize").removesuffix("px")) >= 16
    assert run("return performance.getEntriesByType('resource').length") == 0
    dark = run("return getComputedStyle(document.body).backgroundColor") != "rgb(251, 250, 246)"
    assert dark == (scheme == "dark")
