"""A text -> the set of its shingles: what is left of it when order does not count.

A shingle is a run of three words of one paragraph. Case, compatibility forms,
quotation marks and apostrophes do not enter, so a copy whose marks were
stripped has the same shingles; paragraphs in another order have too. In
scripts without spaces every character is a word.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rensa import RMinHash

Shingles = NDArray[np.uint64]
WORDS = 3
_WEIGHTS = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9], dtype=np.uint64)
_PLAIN = {"’": "'", "‘": "'", "“": " ", "”": " ", "–": " ", "—": " ", "…": " ", "\u00a0": " "}
"""What is left out or parts words all the same, in texts that are ASCII otherwise."""
_ASCII = {code: " " for code in range(128) if not (chr(code).isalnum() or chr(code) == "_")}
_ASCII |= {ord("'"): "", ord("`"): ""}
_MARKS = re.compile("['’‘ʼ`´]")
# Han, kana, Thai, Lao, Myanmar and Khmer are written without spaces.
_UNSPACED = (
    "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
)
_WORD = re.compile(f"[{_UNSPACED}]|[^\\W{_UNSPACED}]+")


def lines_of(text: str) -> Iterator[str]:
    """The lines of a text that hold a character, as they are compared."""
    for line in text.split("\n"):
        normal = " ".join(_words(line))
        if normal:
            yield normal


def line_key(outlet: str, line: str) -> int:
    """64 bits that stand for a line (of `lines_of`) in one outlet."""
    data = f"{outlet}\n{line}".encode()
    return int.from_bytes(hashlib.blake2b(data, digest_size=8).digest())


def shingle(lines: Iterable[str]) -> Shingles:
    """The shingles of lines (of `lines_of`) as sorted 64-bit hashes, each once.

    A line of fewer words than a shingle is one by itself. Words are hashed one
    by one, and a shingle is a linear combination of theirs.
    """
    by_line = [line.split(" ") for line in lines]
    hashes: Any = RMinHash.hash_token_sets([list(chain.from_iterable(by_line))])[0]
    counts = np.fromiter(map(len, by_line), dtype=np.int64, count=len(by_line))
    left = np.repeat(np.cumsum(counts), counts) - np.arange(len(hashes))
    first = np.repeat(counts, counts) == left
    padded = np.zeros(len(hashes) + WORDS - 1, dtype=np.uint64)
    padded[: len(hashes)] = hashes
    found = np.zeros(len(hashes), dtype=np.uint64)
    for place, weight in enumerate(_WEIGHTS):
        found += np.where(left > place, padded[place : place + len(hashes)], 0) * weight
    kept: Shingles = found[first | (left >= WORDS)]
    return np.unique(kept)


def containment(one: Shingles, other: Shingles) -> float:
    """The share of the smaller set that stands in the larger; 0 where one is empty."""
    smaller = min(len(one), len(other))
    if not smaller:
        return 0.0
    return len(np.intersect1d(one, other, assume_unique=True)) / smaller


def _words(line: str) -> list[str]:
    if not line.isascii():
        for typographic, plain in _PLAIN.items():
            line = line.replace(typographic, plain)
    if line.isascii():  # the same as below, many times faster
        return line.lower().translate(_ASCII).split()
    normal = unicodedata.normalize("NFKC", line).casefold()
    found: list[str] = _WORD.findall(_MARKS.sub("", normal))
    return found
