r"""Does a damaged file ever raise anything but an error of this package, hang, or fill the memory?

    python experiments/science/fuzz_readers.py --out experiments/science/results/fuzz_readers.json

    python experiments/science/fuzz_readers.py --seed 1 --out experiments/science/results/fuzz_readers_seed1.json

    python experiments/science/fuzz_readers.py --files 3000 --kinds transnas whole --seed 2 \
        --out experiments/science/results/fuzz_readers_transnas.json

    python experiments/science/fuzz_readers.py --files 6000 --kinds asr nlp --seed 2 \
        --out experiments/science/results/fuzz_readers_asr_nlp.json

The files of seed 0 are those on which the readers were mended until none broke one; those of seed 1 were first read
afterwards, so they alone are evidence of what other files do. Kinds that came later have runs of their own, of seed 2.

100,000 files of every kind that is read (`experiments.damaged`): their bytes are changed, or what they hold is, and
packed again with right checksums, so that the damage is met at every depth. Arithmetic that warns counts as an error.
A file that breaks a reader is written to `--keep`, cut to what still breaks it; such files, and one of each kind that
is refused, are kept in `tests/ingest/corpus`, and read by the tests.
"""

from __future__ import annotations

import argparse
import collections
import gc
import os
import resource
import signal
import sys
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from awnas_gym.errors import AwnasError
from awnas_gym.workers import worker_pool
from experiments.damaged import READERS, Reader, Seed
from experiments.mutate import mutate
from experiments.record import write_result

MOST_GIB, LONGEST_S = 4, 30
GROWTH_GIB = 0.5
CHUNK = 100


class HungError(BaseException):
    """Raised by the alarm; no reader catches it."""


def _hung(*_: object) -> None:
    raise HungError


def outcome(reader: Reader, path: Path) -> str:
    """Read a file and return `read`, `refused`, or what went wrong."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    signal.signal(signal.SIGALRM, _hung)
    signal.alarm(LONGEST_S)
    try:
        reader.read(path)
        found = "read"
    except AwnasError as error:
        found = "broke: a message of several lines" if "\n" in str(error) else "refused"
    except HungError:
        found = "hung"
    except Exception as error:  # noqa: BLE001 - what this script looks for
        place = error.__traceback__
        while place and place.tb_next:
            place = place.tb_next
        where = f"{Path(place.tb_frame.f_code.co_filename).name}:{place.tb_lineno}" if place else ""
        found = f"broke: {type(error).__name__} at {where}"
    finally:
        signal.alarm(0)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 2**20
    return f"swelled, and {found}" if grown > GROWTH_GIB else found


def damage(seeds: list[Seed], rng: np.random.Generator) -> bytes:
    """Return a damaged file; what cannot be packed is drawn again."""
    while True:
        seed = seeds[rng.integers(len(seeds))]
        try:
            return seed.pack(mutate(seed.content, rng))
        except Exception:  # noqa: BLE001, S112 - of whatever packs it
            continue


def smaller(reader: Reader, path: Path, data: bytes, wanted: str) -> bytes:
    """Return the file without the parts that are not needed for its outcome; a minute at most."""
    size, end = len(data) // 2, time.perf_counter() + 60
    while size and time.perf_counter() < end:
        start = 0
        while start < len(data):
            path.write_bytes(data[:start] + data[start + size :])
            if outcome(reader, path) == wanted:
                data = data[:start] + data[start + size :]
            else:
                start += size
        size //= 2
    return data


def try_some(name: str, first: int, count: int, keep: Path | None, seed: int) -> collections.Counter[str]:
    """Damage and read files; return how often each outcome was."""
    resource.setrlimit(resource.RLIMIT_AS, (MOST_GIB * 2**30, resource.getrlimit(resource.RLIMIT_AS)[1]))
    warnings.filterwarnings("error", category=RuntimeWarning)
    reader, counts = READERS[name], collections.Counter[str]()
    seeds = reader.seeds()
    gc.freeze()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["AWNAS_HOME"] = str(Path(folder) / "home")
        for number in range(first, first + count):
            path = Path(folder) / f"{number}{reader.ending}"
            data = damage(seeds, np.random.default_rng([*([seed] if seed else []), list(READERS).index(name), number]))
            path.write_bytes(data)
            found = outcome(reader, path)
            counts[found] += 1
            if found not in {"read", "refused"} and keep is not None and counts[found] == 1:
                kept = keep / name / f"{number}{reader.ending}"
                kept.parent.mkdir(parents=True, exist_ok=True)
                kept.write_bytes(smaller(reader, path, data, found))
            path.unlink()
            gc.collect()  # errors and what they hold of a large file refer to each other
    return counts


def main() -> None:
    """Try files of every kind, in parallel, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=100_000)
    parser.add_argument("--kinds", nargs="+", default=list(READERS), choices=list(READERS))
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--keep", type=Path, help="a folder for files that break a reader")
    parser.add_argument("--seed", type=int, default=0, help="of the damage: another one gives other files")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    shares = sum(READERS[name].share for name in options.kinds)
    results: dict[str, Any] = {}
    with worker_pool(options.workers) as pool:
        for name in options.kinds:
            files, start = round(options.files * READERS[name].share / shares), time.perf_counter()
            jobs = [
                (name, first, min(CHUNK, files - first), options.keep, options.seed) for first in range(0, files, CHUNK)
            ]
            counts = sum(pool.starmap(try_some, jobs, chunksize=1), collections.Counter())
            results[name] = {"files": files, **dict(sorted(counts.items()))}
            print(f"{name:<10} {time.perf_counter() - start:>6.0f} s   {results[name]}")
    total = sum(each["files"] for each in results.values())
    wrong = total - sum(each.get(good, 0) for each in results.values() for good in ("read", "refused"))
    print(f"{total:,} files, {wrong:,} of them broke a reader")
    write_result(options.out, {"files": total, "seed": options.seed, "wrong": wrong, "readers": results})


if __name__ == "__main__":
    main()
