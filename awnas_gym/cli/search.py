"""`awnas search`: run agents on an environment under a budget."""

from __future__ import annotations

import shutil
import signal
import sys
from pathlib import Path
from typing import Any

import click

from awnas_gym.cli.settings import read_settings
from awnas_gym.cli.spending import changes, spending_options
from awnas_gym.cli.torchrun import launched_ranks, stoppable
from awnas_gym.ranks import Ranks


@click.command(name="search")
@click.argument("config", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--env", "env_id", help="Environment id.  [default: awnas/NASBench201-v0]")
@click.option("--env-arg", multiple=True, metavar="NAME=VALUE", help="Keyword of the environment; repeatable.")
@click.option(
    "--agent",
    help="Agent's name, see `awnas list agents`, or module:Class of your own.  [default: regularized_evolution]",
)
@click.option("--agent-arg", multiple=True, metavar="NAME=VALUE", help="Setting of the agent; repeatable.")
@spending_options
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), default=Path("runs/search"), show_default=True,
              help="Folder of the runs.")  # fmt: skip
@click.option("--tensorboard", is_flag=True, help="Write curves for TensorBoard into the folders of the runs.")
@click.option("--checkpoint-every", type=click.IntRange(min=1), default=20, show_default=True,
              help="Evaluations between two checkpoints of weights and agent, where weights are trained.")  # fmt: skip
@click.option("--resume", is_flag=True, help="Go on with the runs in --out.")
@click.option("--overwrite", is_flag=True, help="Delete the runs in --out first.")
def command(
    config: Path | None,
    env_id: str | None,
    env_arg: tuple[str, ...],
    agent: str | None,
    agent_arg: tuple[str, ...],
    out: Path,
    workers: int,
    tensorboard: bool,
    checkpoint_every: int,
    resume: bool,
    overwrite: bool,
    **spending: Any,  # noqa: ANN401 - numbers or None
) -> None:
    """Run agents on an environment under a budget, as CONFIG (YAML) or the options say.

    \b
    awnas search --agent random --evaluations 100
    awnas search examples/demo.yaml --out runs/demo --workers 2

    Options win over the file: --env-arg and --agent-arg change single settings of it, --agent its list of agents.
    Ctrl-C keeps what is done; --resume goes on, after a kill too.
    torchrun --nproc-per-node N -m awnas_gym search ...: N processes train the weights of each run together.
    """  # noqa: D301 - click's sign for a paragraph that is not to be wrapped is the character itself
    from awnas_gym.sweep import Sweep, read_content

    if resume and overwrite:
        raise click.UsageError("--resume goes on with the runs in --out, --overwrite deletes them; give one of them")
    content: dict[str, Any] = {} if config is None else read_content(config)
    content |= changes(spending)
    content["environment"] = _environment(content.get("environment"), env_id, read_settings(env_arg, "--env-arg"))
    content.setdefault("budget", _default_budget(content["environment"]))
    content["agents"] = _agents(content.get("agents"), agent, read_settings(agent_arg, "--agent-arg"))
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # what a cluster sends ends a search as Ctrl-C does
    with launched_ranks() as ranks:
        sweep = Sweep(**content)
        if overwrite and ranks.rank == 0:
            for path in out.glob("*/seed-*/config.yaml"):
                shutil.rmtree(path.parent)
        ranks.wait()
        with stoppable(f"Stopped; what was evaluated is in {out}. Go on with the same command and --resume.", ranks):
            how = {"workers": workers, "resume": resume, "tensorboard": tensorboard}
            failures = _run(sweep, out, ranks, **how, checkpoint_every=checkpoint_every)
        if ranks.rank > 0:
            return
        if failures < len(sweep.runs()):
            _print_table(out)
        if failures:
            click.echo(f"{failures} of {len(sweep.runs())} runs failed", err=True)
            sys.exit(1)
        click.echo(f"Runs: {out}   Next: awnas report {out}")


def _environment(given: dict[str, Any] | None, env_id: str | None, settings: dict[str, Any]) -> dict[str, Any]:
    """Return the file's environment, or the default one, with the options' id and keywords."""
    environment = {"id": "awnas/NASBench201-v0"} if given is None else dict(given)
    return {**environment, **({} if env_id is None else {"id": env_id}), **settings}


def _default_budget(environment: dict[str, Any]) -> dict[str, Any]:
    """Return what the environment's protocol allows, else 300 evaluations."""
    from awnas_gym.catalog.protocols import PROTOCOLS

    name = environment.get("protocol")
    protocol = PROTOCOLS.get(name) if isinstance(name, str) else None
    return dict(protocol.budget) if protocol and protocol.budget else {"evaluations": 300}


def _agents(given: list[Any] | None, name: str | None, settings: dict[str, Any]) -> list[Any]:
    """Return the file's agents, or the options' one; settings without a name go to the only agent there is."""
    if name is not None or given is None:
        return [{"name": name or "regularized_evolution", **settings}]
    if settings and len(given) != 1:
        raise click.BadParameter(f"CONFIG has {len(given)} agents; say which by --agent", param_hint="--agent-arg")
    return [{**agent, **settings} if isinstance(agent, dict) else agent for agent in given]


def _run(
    sweep: Any,  # noqa: ANN401 - Sweep, imported lazily
    out: Path,
    ranks: Ranks,
    **how: Any,  # noqa: ANN401 - keywords of run_sweep
) -> int:
    """Run with a progress bar: evaluations with one run, runs with many; return how many failed."""
    from tqdm import tqdm

    from awnas_gym.errors import AwnasError
    from awnas_gym.sweep import run_sweep

    total = len(sweep.runs())
    single = total == 1
    best = (0, float("-inf"))  # fidelity and reward
    failures = 0
    length = sweep.budget.get("evaluations") if single else total
    with tqdm(total=length, unit="arch" if single else "run", delay=0.3, disable=ranks.rank > 0) as bar:

        def show(reward: float, fidelity: int = 0) -> None:
            nonlocal best
            best = max(best, (fidelity, reward))
            bar.set_postfix(best=f"{best[1]:.4f}", refresh=False)

        def on_record(record: dict[str, Any]) -> None:
            if single:
                if record.get("violation", 0.0) == 0 and not isinstance(record["reward"], list):
                    show(record["reward"], record["fidelity"])
                bar.update()

        runs = run_sweep(sweep, out, **how, on_record=on_record, ranks=ranks)
        for name, result in runs:
            if isinstance(result, AwnasError):
                failures += 1
                tqdm.write(f"awnas: {name}: {result}", file=sys.stderr)
            elif not single and result["incumbent"] is not None and not result["incumbent"].get("violation"):
                show(result["incumbent"]["reward"])
            bar.update(not single)
    return failures


def _print_table(out: Path) -> None:
    """Print one line a group of runs."""
    from awnas_gym.cli.table import print_table
    from awnas_gym.errors import MissingExtraError
    from awnas_gym.reporting import find_runs, summary_table

    runs = find_runs([out])
    try:
        print_table(summary_table(runs))
    except MissingExtraError as error:  # hypervolumes of vector rewards
        click.echo(f"No table: {error}")
    missing = sum(evaluation.missing for run in runs for evaluation in run.evaluations)
    if missing:
        click.echo(f"{missing:,} evaluations had no record in the benchmark and earned its lowest recorded reward")
