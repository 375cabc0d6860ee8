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
from tests.reporting.fake_runs import mixed_run, write_group, write_sweep

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


@pytest.fixture(scope="module")
def sweep(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = write_sweep(tmp_path_factory.mktemp("sweep"))
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


@pytest.mark.parametrize("kind", ["report", "sweep"])
@pytest.mark.parametrize("width", [390, 1400])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_width_or_colour_scheme_breaks_the_page(
    opened: Any, request: pytest.FixtureRequest, width: int, scheme: str, kind: str
) -> None:
    report = request.getfixturevalue(kind)
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


def shown_rows(browser: Any) -> list[str]:
    rows = "[...document.querySelectorAll('[aria-labelledby=all] tbody tr')]"
    return list(browser.execute_script(f"return {rows}.filter(row => !row.hidden).map(row => row.innerText)"))


def test_a_sweep_draws_overview_and_environments(browser: Any, sweep: Path) -> None:
    browser.get_log("performance")
    browser.get(sweep.as_uri())
    for plot in ("#interquartile_mean", "#optimality_gap", "#mean"):
        assert count(browser, f"{plot} .scatterlayer .errorbar") == 3
    for plot in ("#regrets", "#profiles", "#environment-0 .evaluations", "#environment-1 .seconds"):
        assert count(browser, f"{plot} .scatterlayer path.js-line") == 9
    browser.find_element("css selector", "#overview-legend button").click()
    assert count(browser, "#regrets .scatterlayer path.js-line") == 6
    assert count(browser, "#environment-0 .evaluations .scatterlayer path.js-line") == 9
    browser.find_element("css selector", "#environment-1 .switch button[value=regret]").click()
    kinds = "return [0, 1].map(n => document.querySelector('#environment-' + n + ' .evaluations').layout.yaxis.type)"
    assert browser.execute_script(kinds) == ["linear", "log"]
    assert browser.get_log("browser") == []
    assert [url for url in requests(browser) if not url.startswith(("file:", "data:", "blob:"))] == []


def test_a_log_axis_has_numbers_to_read_a_value_off(browser: Any, sweep: Path) -> None:
    browser.get(sweep.as_uri())
    axis = "return logAxis([{mean: arguments[0]}], 0.001)"
    few = browser.execute_script(axis, [0.15, None, 0.3])
    assert {"0.1", "0.2", "0.5"} <= set(few["ticktext"])
    assert [float(text) for text in few["ticktext"]] == pytest.approx(few["tickvals"])
    assert browser.execute_script(axis, [0.0, 0.3])["dtick"] == 1
    assert "tickvals" not in browser.execute_script(axis, [0.0, 0.3])


def test_rows_are_filtered_by_words_environment_and_agent(browser: Any, tmp_path: Path) -> None:
    for dataset in ("cifar10", "cifar100", "imagenet"):
        for skill, agent in enumerate(("random", "local_search", "reinforce")):
            write_group(tmp_path / dataset, agent, seeds=2, skill=skill, evaluations=9, dataset=dataset)
    browser.get(write_report([tmp_path], tmp_path / "report.html").as_uri())
    assert len(shown_rows(browser)) == 9
    words = browser.find_element("css selector", "[aria-labelledby=all] input")
    words.send_keys("LOCAL_search")
    assert len(shown_rows(browser)) == 3
    words.send_keys(" cifar10")
    assert len(shown_rows(browser)) == 2
    words.send_keys("\ue003" * 30)  # backspaces
    for name, value, rows in (("environment", "dataset=cifar10)", 3), ("agent", "random", 1)):
        select = browser.find_element("css selector", f"[aria-labelledby=all] select[name={name}]")
        option = next(each for each in select.find_elements("css selector", "option") if each.text.endswith(value))
        option.click()
        assert len(shown_rows(browser)) == rows
    assert browser.find_element("css selector", "[aria-labelledby=all] output").text == "1 of 9 rows"
    assert "random" in shown_rows(browser)[0]
    bars = browser.find_elements("css selector", ".filter")
    assert [bar.is_displayed() for bar in bars] == [True, False, False, False], "three rows need no filter"
    assert browser.get_log("browser") == []


def test_a_row_gives_the_command_that_repeats_it(opened: Any) -> None:
    opened.find_element("css selector", "td.repeat summary").click()
    button = opened.find_element("css selector", "td.repeat .copy")
    assert button.is_displayed()
    assert opened.find_element("css selector", "td.repeat code").text.startswith("awnas search --env awnas/NASBench201")
    button.click()
    opened.execute_async_script("setTimeout(arguments[0], 100)")
    assert button.text in {"copied", "selected"}
