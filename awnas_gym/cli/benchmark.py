"""`awnas benchmark`: agents x environments x seeds, and the page about them."""

from __future__ import annotations

import shlex
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from awnas_gym.cli.spending import changes, spending_options

if TYPE_CHECKING:
    from awnas_gym.search import Run
    from awnas_gym.suite import Suite

COPY = "suite.yaml"


@click.command(name="benchmark")
@click.argument("suite", required=False)
@click.option("--env", "envs", multiple=True, metavar="ID", help="Environment in place of the suite's; repeatable.  "
              "One that the suite has keeps its keywords there.")  # fmt: skip
@click.option("--agent", "agents", multiple=True, metavar="NAME", help="Agent in place of the suite's; repeatable. "
              "One that the suite has keeps its settings there.")  # fmt: skip
@spending_options
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="Folder of the runs.  "
              "[default: runs/<suite>]")  # fmt: skip
@click.option("--pool", type=click.Choice(["processes", "ray"]), default="processes", show_default=True,
              help="Where they run: processes of this machine, or Ray's cluster.")  # fmt: skip
@click.option("--list", "lists", is_flag=True, help="Run nothing; print a command a run that is not finished.")
@click.option("--job", "keys", multiple=True, metavar="KEY", help="Only the run with that key; repeatable.")
def command(
    suite: str | None,
    envs: tuple[str, ...],
    agents: tuple[str, ...],
    out: Path | None,
    workers: int,
    pool: str,
    lists: bool,
    keys: tuple[str, ...],
    **spending: Any,  # noqa: ANN401 - numbers or None
) -> None:
    """Run every agent on every environment of SUITE with every seed, and write a page about them.

    \b
    awnas benchmark quick
    awnas benchmark mine.yaml --workers 8
    awnas benchmark nasbench-201 --agent bananas --seeds 20

    SUITE is a file in YAML, or one that comes with the package: see `awnas list suites`.
    The same command goes on after a stop of any kind: what is finished is not run again.
    A run that fails is reported, and the others go on.
    """  # noqa: D301 - click's sign for a paragraph that is not to be wrapped is the character itself
    from awnas_gym.suite import Suite, find_suite, read_content, shipped

    if suite is None:
        raise click.UsageError(f"name a SUITE: {', '.join(shipped())}, or a file in YAML")
    content = read_content(find_suite(suite))
    content |= changes(spending)
    content["environments"] = _chosen(content["environments"], "id", envs)
    content["agents"] = _chosen(content["agents"], "name", agents)
    plan, out = Suite(**content), out or Path("runs") / Path(suite).stem
    jobs = plan.jobs(_able(plan))
    if keys:
        jobs = _with_keys(jobs, keys)
    if lists:
        _print_jobs(plan, jobs, out)
        return
    total = len(set(keys)) or len(plan.pairs()) * plan.seeds
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # what a cluster sends ends a benchmark as Ctrl-C does
    failures = total - len(jobs) + _run(jobs, out, workers=workers, pool=pool)
    if not keys:
        _report(plan, out)
    if failures:
        click.echo(f"{failures} of {total} runs failed", err=True)
        sys.exit(1)


def _chosen(given: list[Any], key: str, names: tuple[str, ...]) -> list[Any]:
    """Return the suite's parts of those names, each with its settings, or what it has not; without names, all."""
    if not names:
        return given
    named = {name: [part for part in given if isinstance(part, dict) and part.get(key) == name] for name in names}
    return [part for name, parts in named.items() for part in parts or [{key: name}]]


def _with_keys(jobs: dict[str, Run], keys: tuple[str, ...]) -> dict[str, Run]:
    """Return the jobs of those keys."""
    from awnas_gym.errors import UnknownNameError
    from awnas_gym.suite import job_key

    by_key = {job_key(config): (name, config) for name, config in jobs.items()}
    for key in keys:
        if key not in by_key:
            raise UnknownNameError("job", key, by_key)
    return dict(by_key[key] for key in keys)


def _print_jobs(plan: Suite, jobs: dict[str, Run], out: Path) -> None:
    """Print a command a job that is not finished; they all read a copy of the suite, with what the options changed."""
    from dataclasses import asdict

    import yaml

    from awnas_gym.files import write_atomically
    from awnas_gym.search import is_finished
    from awnas_gym.suite import job_key

    write_atomically(out / COPY, yaml.safe_dump(asdict(plan), sort_keys=False))
    for name, config in jobs.items():
        if not is_finished(out / name):
            folder, copy = shlex.quote(str(out)), shlex.quote(str(out / COPY))
            click.echo(f"awnas benchmark {copy} --out {folder} --job {job_key(config)}")


def _able(plan: Suite) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Return the environments and agents that can be run together; say of the others why not."""
    problems, pairs = plan.problems(), plan.pairs()
    reasons: dict[str, dict[str, list[str]]] = {}
    for number, error in problems.items():
        environment, agent = pairs[number]
        reasons.setdefault(str(error), {}).setdefault(_said(environment, "id"), []).append(_said(agent, "name"))
    for reason, where in reasons.items():
        for on, agents in where.items():
            who = "all agents" if len(agents) == len(plan.agents) > 1 else ", ".join(agents)
            click.echo(f"awnas: left out, {reason}: {who} on {on}", err=True)
    return [pair for number, pair in enumerate(pairs) if number not in problems]


def _run(jobs: dict[str, Run], out: Path, *, workers: int, pool: str) -> int:
    """Run with a progress bar; return how many failed."""
    from tqdm import tqdm

    from awnas_gym.cli.torchrun import stoppable
    from awnas_gym.errors import AwnasError, RunBusyError
    from awnas_gym.ranks import ALONE
    from awnas_gym.search import is_finished
    from awnas_gym.sweep import run_jobs

    failures = elsewhere = 0
    with (
        stoppable(f"Stopped; what was evaluated is in {out}. The same command goes on.", ALONE),
        tqdm(total=len(jobs), initial=sum(is_finished(out / name) for name in jobs), unit="run", delay=0.3) as bar,
    ):
        for name, result in run_jobs(jobs, out, workers=workers, pool=pool):
            if isinstance(result, RunBusyError):
                elsewhere += 1
            elif isinstance(result, AwnasError):
                failures += 1
                tqdm.write(f"awnas: {name}: {result}", file=sys.stderr)
            bar.update()
    if elsewhere:
        said = f"{elsewhere} of {len(jobs)} runs are left to another process that does them"
        click.echo(f"{said}; this command shows them later", err=True)
    return failures


def _said(part: dict[str, Any], key: str) -> str:
    """Return a part's name and its settings in a line."""
    return " ".join([part[key], *(f"{name}={value}" for name, value in part.items() if name != key)])


def _report(plan: Suite, out: Path) -> None:
    """Print a table an environment, and write the page."""
    from awnas_gym.cli.table import print_table
    from awnas_gym.errors import MissingExtraError, RunFolderError
    from awnas_gym.reporting import find_runs, summary_table, write_report

    if not any(out.rglob("history.jsonl")):
        return
    try:
        runs = find_runs([out])
    except RunFolderError as error:
        click.echo(f"No tables and no page: {error}", err=True)
        return
    for environment in plan.environments:
        here = [run for run in runs if run.config["environment"] == environment]
        if here:
            click.echo(f"\n{_said(environment, 'id')}")
            print_table(summary_table(here))
    try:
        click.echo(f"\nReport: {write_report([out], out / 'report.html')}   (open it in any browser)")
    except MissingExtraError as error:
        click.echo(f"\nNo page: {error}")
