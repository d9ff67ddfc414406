"""What comparing and verifying versions costs, beside a join by polars and SHA-256.

    python -m benchmarks.diff [ROWS]          (20,000)

Two versions of ROWS gold rows (benchmarks/made_versions.py), 2 % of them
relabelled. Every act is a process of its own and runs once a turn, three turns;
the table shows medians: processor seconds of the act, those with its imports,
wall seconds of the act, peak memory, and the ratio to the peer. The join
reads `id` and `row_hash` of both versions and counts what differs; the second
one reads the entities too and counts labels, which is what a diff shows.
`verify` has one version to check; its peer hashes the same files and reads
`row_hash`. `--deep` is left out above 200,000 rows.
"""

from __future__ import annotations

import hashlib
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from benchmarks.figure import Figure
from benchmarks.measure import cpu_seconds, run_apart

NAME, OLD, NEW = "bench", "v1.0.0", "v2.0.0"
_ROWS, _MANY = 20_000, 1_000_000
_TURNS = 3
_DEEP = 200_000
Act = Callable[[Path], Callable[[], object]]
"""From a store to what is measured; imports stand before."""


def our_diff(store: Path) -> Callable[[], object]:
    """`annotate version diff`."""
    from annotate.pipeline import diff_versions

    return lambda: diff_versions(NAME, OLD, NEW, store=store).report()


def plain_join(store: Path) -> Callable[[], object]:
    """Ids and hashes joined by hand."""
    import polars as pl

    def join() -> object:
        old, new = (
            pl.concat(
                pl.scan_parquet(path).select("id", "row_hash", split=pl.lit(path.name[:4]))
                for path in _files(store, version, "*-gold-*")
            )
            for version in (OLD, NEW)
        )
        both = old.join(new, on="id", how="full", coalesce=True)
        changed = pl.col("row_hash").ne_missing(pl.col("row_hash_right"))
        moved = pl.col("split").ne_missing(pl.col("split_right"))
        return both.filter(changed | moved).collect().height

    return join


def label_join(store: Path) -> Callable[[], object]:
    """As `plain_join`, and the labels of what differs, counted."""
    import polars as pl

    def join() -> object:
        old, new = (
            pl.scan_parquet(_files(store, version, "*-gold-*")).select("id", "row_hash", "entities")
            for version in (OLD, NEW)
        )
        both = old.join(new, on="id", how="full", coalesce=True)
        changed = both.filter(pl.col("row_hash").ne_missing(pl.col("row_hash_right"))).collect()
        counted = []
        for column in ("entities", "entities_right"):
            spans = changed.select("id", column).explode(column).unnest(column, separator=".")
            keys = ["id", f"{column}.start", f"{column}.end", f"{column}.label"]
            counted.append(spans.select(pl.struct(keys).struct.rename_fields(["i", "s", "e", "l"])))
        gone, come = (frame.to_series() for frame in counted)
        return come.filter(~come.is_in(gone.implode())).struct.field("l").value_counts().height

    return join


def our_verify(store: Path, *, deep: bool = False) -> Callable[[], object]:
    """`annotate version verify`."""
    from annotate.store.care.verify import verify
    from annotate.store.folder import DatasetFolder

    def check() -> object:
        found = verify(DatasetFolder(store, NAME), NEW, deep=deep)
        if found:
            raise SystemExit(found[0].line())
        return len(found)

    return check


def deep_verify(store: Path) -> Callable[[], object]:
    """`annotate version verify --deep`."""
    return our_verify(store, deep=True)


def plain_hash(store: Path) -> Callable[[], object]:
    """SHA-256 of the same files and one read of the hash columns."""
    import pyarrow.parquet as pq

    def check() -> object:
        for path in _files(store, NEW, "*"):
            with path.open("rb") as file:
                hashlib.file_digest(file, "sha256")
            with pq.ParquetFile(path) as found:
                found.read(columns=["row_hash"], use_threads=False)
        return None

    return check


ACTS: dict[str, tuple[Act, str]] = {
    "our_diff": (our_diff, "plain_join"),
    "plain_join": (plain_join, "plain_join"),
    "label_join": (label_join, "plain_join"),
    "our_verify": (our_verify, "plain_hash"),
    "plain_hash": (plain_hash, "plain_hash"),
    "deep_verify": (deep_verify, "plain_hash"),
}
"""Name -> (act, its peer)."""


def _files(store: Path, version: str, pattern: str) -> list[Path]:
    return sorted((store / NAME / version / "data").glob(f"{pattern}.parquet"))


def run_act(name: str, store: str) -> dict[str, float]:
    """Run one act in this process; what it took without its imports."""
    act = ACTS[name][0](Path(store))
    before, start = cpu_seconds(), time.perf_counter()
    act()
    return {"cpu": cpu_seconds() - before, "wall": time.perf_counter() - start}


class Compared(NamedTuple):
    """What the acts took on two versions."""

    megabytes: float
    """Of the data files of one of them."""
    acts: dict[str, dict[str, float]]
    """Act -> medians of `cpu` and `wall` of the act, `whole` and `peak` of its process."""

    def ratio(self, act: str) -> float:
        """The CPU of an act to that of its peer."""
        return self.acts[act]["cpu"] / self.acts[ACTS[act][1]]["cpu"]


def measure(rows: int) -> Compared:
    """Make the versions, run everyone in turn."""
    from benchmarks.made_versions import make_versions  # the acts must not pay for it

    costs: dict[str, list[dict[str, float]]] = {}
    with tempfile.TemporaryDirectory() as name:
        store = Path(name)
        make_versions(store, NAME, (OLD, NEW), rows, counted=rows <= _DEEP)
        size = sum(path.stat().st_size for path in _files(store, NEW, "*")) / 1e6
        acts = [act for act in ACTS if act != "deep_verify" or rows <= _DEEP]
        for _ in range(_TURNS):
            for act in acts:
                run = run_apart(run_act, act, name, name=act)
                process = {"whole": run.start + run.cpu, "peak": run.peak}
                costs.setdefault(act, []).append(run.result | process)
    return Compared(size, {act: _medians(found) for act, found in costs.items()})


def figures() -> Iterator[Figure]:
    """Ratios for as many rows as the bounds are meant for, and what `--deep` takes for fewer."""
    found = measure(_MANY)
    label_join = found.acts["our_diff"]["cpu"] / found.acts["label_join"]["cpu"]
    yield Figure(
        "diff", f"diff of {_MANY:,} rows, CPU to a plain join", found.ratio("our_diff"), "x", 2
    )
    yield Figure("diff", "diff, CPU to a join of labels", label_join, "x", 2)
    yield Figure("diff", "verify, CPU to SHA-256 and read", found.ratio("our_verify"), "x", 1.3)
    deep = measure(_ROWS).acts["deep_verify"]["cpu"]
    yield Figure("diff", f"verify --deep of {_ROWS:,} rows", deep, "CPU-s")


def main(rows: int) -> None:
    """Print the table."""
    found = measure(rows)
    print(f"{rows:,} gold rows, {found.megabytes:.0f} MB a version")
    heads = ("CPU s", "whole s", "wall s", "peak MB", "ratio")
    print(f"{'':<14}" + "".join(f"{head:>9}" for head in heads))
    for act, cost in found.acts.items():
        shown = "".join(f"{cost[key]:>9.2f}" for key in ("cpu", "whole", "wall"))
        print(f"{act:<14}{shown}{cost['peak']:>9.0f}{found.ratio(act):>9.2f}")


def _medians(found: list[dict[str, float]]) -> dict[str, float]:
    return {key: statistics.median(cost[key] for cost in found) for key in found[0]}


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else _ROWS)
