"""`awnas search`: run agents on an environment under a budget."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Any

import click
import yaml


def _settings(pairs: tuple[str, ...], option: str) -> dict[str, Any]:
    """Turn `("population_size=20", …)` into a dictionary; values are read as YAML."""
    settings = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            raise click.BadParameter(f"{pair!r} is not NAME=VALUE", param_hint=option)
        try:
            settings[name] = yaml.safe_load(value)
        except (yaml.YAMLError, ValueError, RecursionError) as error:
            reason = " ".join(str(error).split())
            raise click.BadParameter(f"the value in {pair!r} is no YAML: {reason}", param_hint=option) from error
    return settings


@click.command(name="search")
@click.argument("config", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--env", "env_id", help="Environment id.  [default: awnas/NASBench201-v0]")
@click.option("--env-arg", multiple=True, metavar="NAME=VALUE", help="Keyword of the environment; repeatable.")
@click.option("--agent", help="Agent's name; see `awnas list agents`.  [default: regularized_evolution]")
@click.option("--agent-arg", multiple=True, metavar="NAME=VALUE", help="Setting of the agent; repeatable.")
@click.option("--evaluations", type=int, help="Budget in evaluated architectures.  [default: 300]")
@click.option("--cost-s", type=float, help="Budget in seconds that the evaluations would have taken.")
@click.option("--seeds", type=int, help="How many seeds.  [default: 1]")
@click.option("--seed", "first_seed", type=int, help="The first seed.  [default: 0]")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), default=Path("runs/search"), show_default=True,
              help="Folder of the runs.")  # fmt: skip
@click.option(
    "--workers",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Processes; results do not depend on it.",
)
@click.option("--resume", is_flag=True, help="Go on with the runs in --out.")
@click.option("--overwrite", is_flag=True, help="Delete the runs in --out first.")
def command(
    config: Path | None,
    env_id: str | None,
    env_arg: tuple[str, ...],
    agent: str | None,
    agent_arg: tuple[str, ...],
    evaluations: int | None,
    cost_s: float | None,
    seeds: int | None,
    first_seed: int | None,
    out: Path,
    workers: int,
    resume: bool,
    overwrite: bool,
) -> None:
    r"""Run agents on an environment under a budget, as CONFIG (YAML) or the options say.

    \b
    awnas search --agent random --evaluations 100
    awnas search examples/demo.yaml --out runs/demo --workers 2

    Options win over the file. Ctrl-C keeps what is done; --resume goes on, after a kill too.
    """
    from awnas_gym.sweep import Sweep, read_sweep

    budget = {name: value for name, value in (("evaluations", evaluations), ("cost_s", cost_s)) if value is not None}
    changes: dict[str, Any] = {"seeds": seeds, "first_seed": first_seed, "budget": budget or None}
    if env_id or env_arg:
        changes["environment"] = {"id": env_id or "awnas/NASBench201-v0", **_settings(env_arg, "--env-arg")}
    if agent or agent_arg:
        changes["agents"] = [{"name": agent or "regularized_evolution", **_settings(agent_arg, "--agent-arg")}]
    if config is not None:
        sweep = read_sweep(config, **changes)
    else:
        defaults = {
            "environment": {"id": "awnas/NASBench201-v0"},
            "agents": [{"name": "regularized_evolution"}],
            "budget": {"evaluations": 300},
        }
        sweep = Sweep(**{**defaults, **{name: value for name, value in changes.items() if value is not None}})
    if overwrite:
        for name in sweep.runs():
            shutil.rmtree(out / name, ignore_errors=True)
    failures = _run(sweep, out, workers=workers, resume=resume)
    if failures < len(sweep.runs()):
        _print_table(out)
    if failures:
        click.echo(f"{failures} of {len(sweep.runs())} runs failed", err=True)
        sys.exit(1)
    click.echo(f"Runs: {out}   Next: awnas report {out}")


def _run(sweep: Any, out: Path, *, workers: int, resume: bool) -> int:  # noqa: ANN401 - Sweep, imported lazily
    """Run with a progress bar: evaluations with one run, runs with many; return how many failed."""
    from tqdm import tqdm

    from awnas_gym.errors import AwnasError
    from awnas_gym.sweep import run_sweep

    total = len(sweep.runs())
    single = total == 1
    best = float("-inf")
    failures = 0
    with tqdm(total=sweep.budget.get("evaluations") if single else total, unit="arch" if single else "run") as bar:

        def on_record(record: dict[str, Any]) -> None:
            nonlocal best
            best = max(best, record["reward"])
            if single:
                bar.set_postfix(best=f"{best:.4f}", refresh=False)
                bar.update()

        try:
            for name, result in run_sweep(sweep, out, workers=workers, resume=resume, on_record=on_record):
                if isinstance(result, AwnasError):
                    failures += 1
                    tqdm.write(f"awnas: {name}: {result}", file=sys.stderr)
                elif result["incumbent"] is not None:
                    best = max(best, result["incumbent"]["reward"])
                if not single:
                    bar.set_postfix(best=f"{best:.4f}", refresh=False)
                    bar.update()
        except KeyboardInterrupt:
            bar.close()
            click.echo(f"Stopped; what was evaluated is in {out}. Go on with the same command and --resume.", err=True)
            sys.exit(130)
    return failures


def _print_table(out: Path) -> None:
    """Print one line a group of runs."""
    from awnas_gym.cli.table import print_table
    from awnas_gym.reporting import find_runs, summary_table

    runs = find_runs([out])
    print_table(summary_table(runs))
    missing = sum(evaluation.missing for run in runs for evaluation in run.evaluations)
    if missing:
        click.echo(f"{missing:,} evaluations had no record in the benchmark and earned its lowest recorded reward")
