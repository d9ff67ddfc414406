"""A version without texts and the texts -> the version as it was.

A text must have the SHA-256 of its row, and a row that is made the row hash
that stands in it; the whole must have the version's logical hash. Rows that
fail are listed, and nothing is written unless a part is asked for; a part is no
version, and has no manifest.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import groupby, islice, product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import pyarrow as pa

from annotate.dataset.arrow.hashing import logical_hash, row_hasher
from annotate.dataset.bare.quotes import Pieces, Place, join_pieces
from annotate.dataset.bare.withheld import TEXT, TITLE, whole_row
from annotate.dataset.card.readme import part_card
from annotate.dataset.manifest import DataConfig
from annotate.dataset.rows import Row
from annotate.dataset.tokens.bio import token_rows
from annotate.errors import InputError, StateError
from annotate.schemes import load_scheme
from annotate.store.bare.offsets import Whole, read_bare, read_whole
from annotate.store.bare.texts import Found, Texts, Wanted
from annotate.store.care.verify import verify
from annotate.store.checkout import refuse_taken
from annotate.store.commit import commit_version
from annotate.store.datafiles import make_tables, write_split
from annotate.store.documents import write_documents
from annotate.store.folder import DatasetFolder
from annotate.store.local import sync_folder, write_synced
from annotate.store.log import Log, VersionEntry, read_log
from annotate.store.rowfiles import StagedFiles
from annotate.store.rowtables import hash_tables

LACKING = "lacking.jsonl"
_CHOICES = 1000
"""Sources that contradict each other in many titles are not tried in all ways."""
_Named = Mapping[str, Any]


class Lacking(NamedTuple):
    """A row that could not be made again."""

    id: str
    article_id: str
    url: str | None
    what: str


class Made(NamedTuple):
    """A row that was made again."""

    split: str
    batch: str
    """The version in which it first stood."""
    values: Row


class Hydrated(NamedTuple):
    """What became of a version without texts."""

    version: str
    rows: int
    """Gold rows that have their text again."""
    lacking: list[Lacking]
    written: bool
    logical_hash: str | None
    """Of what was written; None where it is no whole version."""
    same_bytes: bool
    """Whether every file is byte for byte the one that was committed."""

    def report(self) -> dict[str, Any]:
        """The document of `hydrate --json`."""
        return self._asdict() | {"lacking": [row._asdict() for row in self.lacking]}


def wanted_texts(folder: Path) -> tuple[Whole, Texts]:
    """What a folder of offsets is of, and the texts that it wants.

    Raises StateError for a folder that is none, or damaged.
    """
    whole = read_whole(folder)
    return whole, Texts(
        Wanted(**{name: row.values[name] for name in Wanted._fields})
        for row in read_bare(folder, "gold")
    )


def hydrate(
    folder: Path, whole: Whole, texts: Texts, target: Path, *, partial: bool = False
) -> Hydrated:
    """Write the version of `folder` with its texts to the new folder `target`.

    With `partial` the rows that have a text are written where others lack
    theirs. Raises InputError where `target` holds something or no text fits,
    StateError where the texts are right and the version is another all the same.
    """
    refuse_taken(target)
    gold = _Gold(whole, texts)
    made = list(gold.make(folder))
    number, count = whole.manifest.version, len(made)
    if not count and (partial or not any(texts.of(row.id) for row in gold.lacking)):
        raise InputError(
            f"none of the texts is of {whole.manifest.name} {number}",
            do="name the articles that the tasks were made of",
        )
    if gold.lacking and not partial:
        return Hydrated(number, count, gold.lacking, False, None, False)
    target.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=f".{target.name}.", dir=target.parent) as name:
        work = Path(name).absolute()  # `~` means something else to pyarrow
        if gold.lacking:
            _write_part(_Writer(whole, folder, gold, work / "part"), made)
            done, logical, same = work / "part", None, False
        else:
            done, same = _write_whole(whole, folder, gold, made, work)
            logical = whole.manifest.logical_hash
        done.replace(target)
    sync_folder(target.parent)
    return Hydrated(number, count, gold.lacking, True, logical, same)


class _Gold:
    """Makes the gold rows, and knows the texts that they got."""

    def __init__(self, whole: Whole, texts: Texts) -> None:
        self.whole, self.texts = whole, texts
        self.columns = whole.schemas()["gold"]
        self.hash_row = row_hasher(self.columns)
        self.chosen: dict[str, str] = {}
        """Row id -> text."""
        self.lacking: list[Lacking] = []

    def make(self, folder: Path) -> Iterator[Made]:
        """The gold rows, without those that lack something."""
        for split, batch, row in read_bare(folder, "gold"):
            values = self._make(row)
            if isinstance(values, str):
                self.lacking.append(Lacking(row["id"], row["article_id"], row["url"], values))
            else:
                yield Made(split, batch, values)

    def _make(self, row: _Named) -> Row | str:
        """The row, or what is wrong."""
        quoted = self.whole.quoted.get(row["id"], {})
        found = self.texts.of(row["id"])
        if not found:
            changed = self.texts.is_changed(row["id"])
            return "its article has another text" if changed else "its article is not there"
        places = [p for pieces in quoted.values() for p in pieces if isinstance(p, Place)]
        if not all(self.texts.of(place.id) for place in places):
            return "the article that its target quotes is not there"
        titled = sorted({place.id for place in places if place.column == TITLE})
        untitled = found[0]._replace(title=None)  # a task that was made elsewhere may lack it
        for candidate, values in product([*found, untitled], self._quotes(quoted, titled)):
            made = self._fill(row, candidate, values)
            if made[-1] == self.hash_row(made):
                self.chosen[row["id"]] = candidate.text
                return made
        return "its text is right and its title or a label is another"

    def _fill(self, row: _Named, found: Found, values: _Named) -> Row:
        withheld = {TEXT: found.text, TITLE: found.title, **values}
        return whole_row(self.columns, row, found.text, withheld)

    def _quotes(self, quoted: Mapping[str, Pieces], titled: Sequence[str]) -> Iterator[_Named]:
        """What stands in the columns that quote, for each choice of the titles of rows `titled`."""
        for titles in islice(product(*map(self.texts.of, titled)), _CHOICES):
            read = partial(self._read, dict(zip(titled, titles, strict=True)))
            yield {name: join_pieces(pieces, read) for name, pieces in quoted.items()}

    def _read(self, titled: Mapping[str, Found], place: Place) -> str:
        found = titled.get(place.id) or self.texts.of(place.id)[0]
        source = found.title or "" if place.column == TITLE else found.text
        return source[place.start : place.end]


class _Writer:
    """Writes the files of a version below a folder."""

    def __init__(self, whole: Whole, bare: Path, gold: _Gold, folder: Path) -> None:
        self.whole, self.bare, self.gold, self.folder = whole, bare, gold, folder
        self.schemas = whole.schemas()
        (folder / "data").mkdir(parents=True)

    def write(self, made: Sequence[Made]) -> dict[str, DataConfig]:
        """The data files of every config; splits without rows are left out."""
        configs = {}
        for name, config in self.whole.manifest.configs.items():
            rows = self._annotations() if name == "annotations" else made
            files = []
            for split, found in groupby(rows, key=lambda row: row.split):
                tables = self._tables(name, found)
                files += write_split(self.folder / "data", name, split, self.schemas[name], tables)
            configs[name] = DataConfig(name=config.name, files=files)
        return configs

    def _tables(self, config: str, rows: Iterable[Made]) -> Iterator[tuple[str, pa.Table]]:
        columns = self.schemas["gold" if config == "bio" else config]
        for batch, table in make_tables(columns, ((row.batch, row.values) for row in rows)):
            if config == "bio":
                path = load_scheme(self.whole.manifest.scheme).tag_column or ""
                table = token_rows(table, path, self.schemas).table
            yield batch, table

    def _annotations(self) -> Iterator[Made]:
        columns = self.schemas["annotations"]
        hash_row = row_hasher(columns)
        for split, batch, row in read_bare(self.bare, "annotations"):
            if row["id"] not in self.gold.chosen:
                continue
            made = whole_row(columns, row, self.gold.chosen[row["id"]])
            if made[-1] != hash_row(made):
                raise StateError(
                    f"an annotation of row {made[0]} has another hash than is written in it",
                    where=str(self.bare),
                    do="fetch the folder again",
                )
            yield Made(split, batch, made)


def _write_whole(
    whole: Whole,
    bare: Path,
    gold: _Gold,
    made: Sequence[Made],
    work: Path,
) -> tuple[Path, bool]:
    """Commit the version to a store of its own, verify it there, and say whether its bytes are old.

    Returns the version's folder.
    """
    store = DatasetFolder(work, whole.manifest.name)
    store.create()
    with store.files.stage() as staged:
        configs = _Writer(whole, bare, gold, staged / "version").write(made)
        manifest = whole.manifest.model_copy(update={"configs": configs})
        write_documents(staged / "version", manifest, whole.schemas())
        commit_version(store, Log([], None), staged / "version", manifest)
    wrong = [problem.line() for problem in verify(store)]
    tables = hash_tables(StagedFiles(work / store.name / manifest.version, configs))
    if logical_hash(tables, whole.schemas(), manifest.config_digest) != manifest.logical_hash:
        wrong.append("the row hashes do not make its logical hash")
    if wrong:
        raise StateError(
            f"the rows are right and the version is not: {wrong[0]}",
            where=str(bare),
            do="fetch the folder again",
        )
    (entry,) = read_log(store).versions
    return work / store.name / entry.version, _has_bytes_of(entry, whole)


def _has_bytes_of(entry: VersionEntry, whole: Whole) -> bool:
    return {f.path: f.sha256 for f in entry.files} == {f.path: f.sha256 for f in whole.files}


def _write_part(writer: _Writer, made: Sequence[Made]) -> None:
    """The rows that have a text, a card for them, and the list of what is lacking."""
    configs = {
        name: config.model_copy(update={"name": f"{config.name}-part"})
        for name, config in writer.write(made).items()
    }
    manifest, lacking = writer.whole.manifest, writer.gold.lacking
    card = part_card(manifest, configs, lacking=len(lacking))
    write_synced(writer.folder / "README.md", card.encode("utf-8"))
    lines = [json.dumps(row._asdict(), ensure_ascii=False) for row in lacking]
    write_synced(writer.folder / LACKING, "".join(f"{line}\n" for line in lines).encode("utf-8"))
