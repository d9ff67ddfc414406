"""Rows of shards, and those of older versions -> where each waits to be written, in order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa

from annotate.dataset.rows import Schemas
from annotate.dataset.shard import Packer, refuse_lost
from annotate.store.create.carried import CarriedTask, CarriedVersion
from annotate.store.create.parts import Part
from annotate.store.create.plan import Places, Planned

_THIS = ""
"""The batch of the version being made, which has no number yet."""
_AT_ONCE = 500
"""Rows of older versions that are Python objects at a time."""


class _Run(NamedTuple):
    """Rows that wait in a file, one after the other."""

    config: str
    path: Path
    first: int
    rows: int


class Waiting:
    """The rows of a version, waiting in files below `folder`."""

    def __init__(self, places: Places, schemas: Schemas, folder: Path) -> None:
        self.parts: dict[tuple[str, str], list[Part]] = {}
        """By config and split."""
        self._places, self._schemas, self._folder = places, schemas, folder
        self._files = 0

    def add(
        self, planned: Planned, tables: Mapping[str, pa.Buffer | Path], rows: Mapping[str, int]
    ) -> None:
        """Take the next tasks, of which a shard made `tables` with these `rows`.

        A task without any has those of an older version, if that has it. Raises StateError
        where annotators of versions carried over before are missing there.
        """
        if planned.split is None:
            return
        found = self._packed(tables, rows)
        carried = self._places.carried
        older = [unit for unit in planned.units if unit not in found and unit in carried]
        found |= self._older({unit: carried[unit] for unit in older})
        for unit in planned.units:
            batch = self._places.first.get(unit, _THIS)
            for run in found.get(unit, ()):
                self._put(planned.split, batch, run)

    def _packed(
        self, tables: Mapping[str, pa.Buffer | Path], rows: Mapping[str, int]
    ) -> dict[str, list[_Run]]:
        """Where packed rows wait, by unit key."""
        if not rows:
            return {}
        gold, annotations = (self._in_file(tables[config]) for config in ("gold", "annotations"))
        found, first = {}, 0
        for number, (unit, count) in enumerate(rows.items()):
            own = _Run("annotations", annotations, first, count)
            found[unit] = [_Run("gold", gold, number, 1), own]
            first += count
        return found

    def _older(self, tasks: Mapping[str, CarriedTask]) -> dict[str, list[_Run]]:
        """Where rows of older versions wait, by unit key."""
        found: dict[str, list[_Run]] = {}
        changed = defaultdict[CarriedVersion, list[tuple[str, CarriedTask]]](list)
        for unit, task in tasks.items():
            refuse_lost(unit, task.earlier, task.own, f"{task.version.name} lacks")
            if task.stands:
                found[unit] = list(self._unpacked(task))
            else:
                changed[task.version].append((unit, task))
        for version, pairs in changed.items():
            pairs.sort(key=lambda pair: pair[1].gold)  # in the order of its files
            for start in range(0, len(pairs), _AT_ONCE):
                found |= self._remade(version, pairs[start : start + _AT_ONCE])
        return found

    def _remade(
        self, version: CarriedVersion, pairs: Sequence[tuple[str, CarriedTask]]
    ) -> dict[str, list[_Run]]:
        packer = Packer(self._schemas)
        units, tasks = zip(*pairs, strict=True)
        for unit, rows in zip(units, version.remake(tasks), strict=True):
            packer.add(unit, rows)
        return self._packed(packer.pack(self._folder), packer.rows)

    def _unpacked(self, task: CarriedTask) -> Iterator[_Run]:
        numbers = [("gold", task.gold), *(("annotations", n) for n in task.annotations)]
        for config, number in numbers:
            yield _Run(config, *task.version.unpack(config, number, self._folder), 1)

    def _in_file(self, rows: pa.Buffer | Path) -> Path:
        """The file that has packed rows: their own, or else a new one."""
        if isinstance(rows, Path):
            return rows
        self._files += 1
        path = self._folder / str(self._files)
        path.write_bytes(rows)
        return path

    def _put(self, split: str, batch: str, run: _Run) -> None:
        """Add rows to the parts, to the last one where they follow there."""
        config, path, first, rows = run
        parts = self.parts.setdefault((config, split), [])
        last = parts[-1] if parts else None
        if last and last.path is path and last.batch == batch and last.first + last.rows == first:
            last.rows += rows
        else:
            parts.append(Part(batch, path, first, rows))
