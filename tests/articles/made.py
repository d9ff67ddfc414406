"""Articles that the tests make, and how each format is written."""

from __future__ import annotations

import csv
import gzip
import io
import json
import random
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

_WORDS = (
    "harbour council storm report minister river bridge price health court village army "
    "school market winter summer energy union border farmer doctor film novel player "
    "league coast island engine pilot judge witness budget forest museum station water"
)
WORDS = _WORDS.split()


def sentence(rng: random.Random) -> str:
    words = [rng.choice(WORDS) + rng.choice(["", "", "s"]) for _ in range(rng.randint(8, 18))]
    return " ".join(words).capitalize() + "."


def record(number: int, rng: random.Random) -> dict[str, str]:
    paragraphs = [" ".join(sentence(rng) for _ in range(3)) for _ in range(5)]
    title = f"Story {number}: {rng.choice(WORDS)} “and” 😀 {rng.choice(WORDS)}"
    return {
        "title": title,
        "date": f"2024-{number % 12 + 1:02d}-{number % 28 + 1:02d}",
        "url": f"https://outlet{number % 7}.example/story/{number}",
        "text": "\n".join([title, "", *paragraphs]),
    }


def records(count: int) -> list[dict[str, str]]:
    rng = random.Random(7)  # noqa: S311
    return [record(number, rng) for number in range(count)]


def write_jsonl(path: Path, made: Iterable[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(r) + "\n" for r in made), encoding="utf-8")


def write_csv(path: Path, made: Iterable[dict[str, Any]], delimiter: str = ",") -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ["title", "date", "url", "text"], delimiter=delimiter)
        writer.writeheader()
        writer.writerows(made)


def write_tsv(path: Path, made: Iterable[dict[str, Any]]) -> None:
    write_csv(path, made, "\t")


def write_parquet(path: Path, made: Iterable[dict[str, Any]]) -> None:
    pq.write_table(pa.Table.from_pylist(list(made)), path, row_group_size=1000)


def write_gz(path: Path, made: Iterable[dict[str, Any]]) -> None:
    lines = "".join(json.dumps(r) + "\n" for r in made)
    path.write_bytes(gzip.compress(lines.encode()))


def write_zst(path: Path, made: Iterable[dict[str, Any]]) -> None:
    lines = "".join(json.dumps(r) + "\n" for r in made)
    path.write_bytes(pa.compress(lines.encode(), codec="zstd", asbytes=True))


def page(made: dict[str, str]) -> str:
    title, _, *paragraphs = made["text"].split("\n")
    body = "".join(f"<p>{p}</p>" for p in paragraphs)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<title>{title} | Outlet</title><meta property="og:title" content="{title}">'
        f'<meta property="article:published_time" content="{made["date"]}T10:00:00Z">'
        f'<link rel="canonical" href="{made["url"]}"></head><body>'
        '<nav><a href="/">Home</a> <a href="/world">World</a></nav>'
        f"<main><article><h1>{title}</h1>{body}</article></main>"
        "<footer>All rights reserved. Cookie settings.</footer></body></html>"
    )


def write_warc(path: Path, made: Iterable[dict[str, str]]) -> None:
    with path.open("wb") as out:
        writer = WARCWriter(out, gzip=path.suffix == ".gz")
        writer.write_record(writer.create_warcinfo_record("made.warc", {"software": "test"}))
        for item in made:
            _write_answer(writer, item["url"], page(item).encode(), "text/html")
            _write_answer(writer, item["url"] + ".png", b"\x89PNG", "image/png")


def _write_answer(writer: WARCWriter, url: str, body: bytes, kind: str) -> None:
    headers = StatusAndHeaders("200 OK", [("Content-Type", kind)], protocol="HTTP/1.1")
    record = writer.create_warc_record(
        url, "response", payload=io.BytesIO(body), http_headers=headers
    )
    writer.write_record(record)
    record.raw_stream.close()


WRITERS: dict[str, Callable[[Path, Iterable[dict[str, Any]]], None]] = {
    "jsonl": write_jsonl,
    "csv": write_csv,
    "tsv": write_tsv,
    "parquet": write_parquet,
    "jsonl.gz": write_gz,
    "jsonl.zst": write_zst,
}
