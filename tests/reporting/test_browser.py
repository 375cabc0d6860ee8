"""The report in a real browser: it draws, sorts and switches, and asks the network for nothing."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from awnas_gym.reporting import write_report
from awnas_gym.search import Run, run
from tests.reporting.fake_runs import mixed_run, write_group

pytest.importorskip("plotly", reason="needs plotly: pip install 'awnas-gym[plot]'")
webdriver = pytest.importorskip("selenium.webdriver", reason="needs selenium: pip install 'awnas-gym[dev]'")

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
DRIVER = shutil.which("chromedriver")
pytestmark = pytest.mark.skipif(not (BROWSER and DRIVER), reason="needs Chromium and chromedriver on the PATH")

FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update", "--window-size=1400,1000"),
)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    options = webdriver.ChromeOptions()
    options.binary_location = BROWSER
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
    yield driver
    driver.quit()


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("runs")
    write_group(root, "random", seeds=4, skill=0.0)
    write_group(root, "local_search", seeds=4, skill=3.0)
    write_group(root, "reinforce", seeds=4, skill=1.0, policy_updates=9)
    return write_report([root], root / "report.html")


@pytest.fixture
def opened(browser: Any, report: Path) -> Any:
    browser.get_log("performance")
    browser.get(report.as_uri())
    return browser


def requests(browser: Any) -> list[str]:
    """Return what the page has asked for since it was opened; the browser's own first tab may still be loading."""
    messages = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    sent = [m["params"] for m in messages if m["method"] == "Network.requestWillBeSent"]
    return [each["request"]["url"] for each in sent if not each["documentURL"].startswith("chrome://")]


def count(browser: Any, selector: str) -> int:
    return int(browser.execute_script("return document.querySelectorAll(arguments[0]).length", selector))


def column(browser: Any, number: int) -> list[str]:
    script = "return [...document.querySelectorAll('.table tbody tr')].map(r => r.cells[arguments[0]].dataset.value)"
    return list(browser.execute_script(script, number))


def test_page_draws_without_an_error_or_a_request(opened: Any, report: Path) -> None:
    for plot in ("evaluations", "seconds"):
        assert count(opened, f".{plot} svg.main-svg") > 0
        assert count(opened, f".{plot} .scatterlayer path.js-line") == 3 * 3  # mean and the two edges of the band
    assert count(opened, ".drawing svg text") == 10
    assert opened.get_log("browser") == []
    asked = requests(opened)
    assert report.as_uri() in asked
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []


def test_a_planted_request_would_be_seen(opened: Any) -> None:
    opened.execute_script("new Image().src = 'https://awnas.invalid/x.png'")
    assert opened.get_log("browser") != []


def test_a_click_on_a_heading_sorts_the_table(opened: Any) -> None:
    heads = opened.find_elements("css selector", ".table thead th")
    names = [head.text for head in heads]
    best = names.index("best valid accuracy")
    assert [float(v) for v in column(opened, best)] == sorted((float(v) for v in column(opened, best)), reverse=True)
    for ascending in (False, True):
        heads[best].find_element("css selector", "button").click()
        values = [float(value) for value in column(opened, best)]
        assert values == sorted(values, reverse=not ascending)
        assert heads[best].get_attribute("aria-sort") == ("ascending" if ascending else "descending")
    heads[0].find_element("css selector", "button").click()
    assert column(opened, 0) == ["local_search", "random", "reinforce"]
    updates = names.index("policy updates")
    heads[updates].find_element("css selector", "button").click()
    assert column(opened, updates)[0] == "9.0"  # what was not recorded comes last
    heads[updates].find_element("css selector", "button").click()
    assert column(opened, updates)[0] == "9.0"


def test_the_switch_shows_regret_on_a_log_axis(opened: Any) -> None:
    opened.find_element("css selector", ".switch button[value=regret]").click()
    assert opened.execute_script("return document.querySelector('.evaluations').layout.yaxis.type") == "log"
    assert count(opened, ".seconds .scatterlayer path.js-line") == 9
    assert opened.get_log("browser") == []


def test_a_name_in_the_legend_hides_its_line(opened: Any) -> None:
    opened.find_element("css selector", ".legend button").click()
    assert count(opened, ".evaluations .scatterlayer path.js-line") == 6
    opened.find_element("css selector", ".legend button").click()
    assert count(opened, ".evaluations .scatterlayer path.js-line") == 9


@pytest.mark.parametrize("width", [390, 1400])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_width_or_colour_scheme_breaks_the_page(opened: Any, report: Path, width: int, scheme: str) -> None:
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}
    opened.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    opened.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
    opened.get(report.as_uri())
    assert opened.execute_script("return document.documentElement.scrollWidth") <= width
    paper = opened.execute_script("return getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, paper.strip("rgb()").split(","))) < 300) == (scheme == "dark")
    assert opened.get_log("browser") == []
    opened.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    opened.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def test_mixtures_are_drawn_side_by_side(browser: Any, tmp_path: Path) -> None:
    mixed_run(tmp_path / "runs", eigenvalue_every=4)
    browser.get(write_report([tmp_path], tmp_path / "report.html").as_uri())
    plots = browser.find_elements("css selector", ".operations .plot .main-svg:first-child")
    assert len(plots) == 2
    places = [plot.rect for plot in plots]
    assert places[0]["x"] + places[0]["width"] <= places[1]["x"]
    assert len(browser.find_elements("css selector", ".operations .scatterlayer .fills path")) >= 5


def test_fronts_are_drawn_and_hidden_with_their_group(browser: Any, tiny: str, tmp_path: Path) -> None:
    pytest.importorskip("moocore", reason="needs the extra [mo]")
    environment = {"id": "awnas/NASBench201-MO-v0", "dataset": tiny, "objectives": "accuracy,latency_ms"}
    for name in ("random", "pareto_evolution"):
        run(Run(environment=environment, agent={"name": name}, budget={"evaluations": 40}), tmp_path / name)
    browser.get(write_report([tmp_path], tmp_path / "report.html").as_uri())
    plot = ".front-plots .plot:nth-child(1) .scatterlayer"
    assert count(browser, ".front-plots .plot") == 1
    assert count(browser, f"{plot} .trace") == 5  # dots and front of each group, and the exact front
    assert count(browser, f"{plot} path.js-line") == 3
    summaries = [json.loads((tmp_path / name / "summary.json").read_text()) for name in ("random", "pareto_evolution")]
    members = sum(len(summary["front"]) for summary in summaries)
    assert count(browser, f"{plot} path.point") >= 80 + members
    title = "return document.querySelector('.front-plots .plot').layout.xaxis.title.text"
    assert browser.execute_script(title) == "latency (ms)"
    browser.find_element("css selector", ".legend button").click()
    assert count(browser, f"{plot} .trace") == 3
    browser.find_element("css selector", ".legend button").click()
    assert count(browser, f"{plot} .trace") == 5
    assert browser.get_log("browser") == []


def test_three_objectives_have_two_plots_side_by_side(browser: Any, tmp_path: Path) -> None:
    pytest.importorskip("moocore", reason="needs the extra [mo]")
    environment = {"id": "awnas/NASBench201-MO-v0"}
    run(Run(environment=environment, agent={"name": "random"}, budget={"evaluations": 30}), tmp_path / "run")
    browser.get(write_report([tmp_path], tmp_path / "report.html").as_uri())
    plots = browser.find_elements("css selector", ".front-plots .plot")
    assert len(plots) == 2
    assert plots[0].rect["x"] + plots[0].rect["width"] <= plots[1].rect["x"]
    assert count(browser, ".front-plots .scatterlayer path.js-line") == 0, "no steps between members of a surface"
    assert browser.get_log("browser") == []
