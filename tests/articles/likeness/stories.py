"""Near-duplicate data: stories, copies of them, and other stories on the same events."""

from __future__ import annotations

import random
from typing import NamedTuple

# A Zipf-like vocabulary, so that unrelated stories share the runs that real ones share.
_COMMON = (
    "the of to in and a for on that said with was at by it as from has be will have is his "
    "he they were not after their been had who its which this would but year two people more"
)
_SYLLABLE_LIST = "ba cor del fen gra hol ist jur kel lam mor nes ost pel qui ran sil tor ulm ven"
_SYLLABLES = _SYLLABLE_LIST.split()


class Made(NamedTuple):
    """One article with the story and the event that it is made of."""

    story: int
    event: int
    record: dict[str, str]


def _word(rng: random.Random) -> str:
    if rng.random() < 0.45:
        words = _COMMON.split()
        return words[min(int(rng.expovariate(0.12)), len(words) - 1)]
    return "".join(rng.choice(_SYLLABLES) for _ in range(rng.choice((2, 2, 3))))


def _sentence(rng: random.Random, names: list[str]) -> str:
    words = [_word(rng) for _ in range(rng.randint(10, 24))]
    words[rng.randrange(len(words))] = rng.choice(names)
    return " ".join(words).capitalize() + "."


class Outlet(NamedTuple):
    """A site with its header and footer, the same under every story."""

    host: str
    header: str
    footer: list[str]


def outlets(rng: random.Random) -> list[Outlet]:
    return [
        Outlet(
            f"outlet{n}.example",
            _sentence(rng, [f"Outlet{n}"]),
            [_sentence(rng, [f"Outlet{n}", "newsletter"]) for _ in range(3)],
        )
        for n in range(12)
    ]


def make_stories(events: int, seed: int) -> list[Made]:
    """Two stories an event, told apart, and up to three copies of the first."""
    rng = random.Random(seed)  # noqa: S311
    sites = outlets(rng)
    made: list[Made] = []
    for event in range(events):
        names = [" ".join(_word(rng).title() for _ in range(2)) for _ in range(5)]
        quote = "“" + _sentence(rng, names) + "”"  # everyone prints the quote
        for number in range(2):
            story = 2 * event + number
            paragraphs = [
                " ".join(_sentence(rng, names) for _ in range(rng.randint(1, 4)))
                for _ in range(rng.randint(6, 14))
            ]
            paragraphs.insert(1, f"{quote} {_sentence(rng, names)}")
            copies = rng.randint(1, 3) if number == 0 else 0
            day = 1 + event % 27
            for copy in range(copies + 1):
                body = list(paragraphs) if copy == 0 else _edit(paragraphs, rng)
                record = _publish(body, story, copy, day, rng.choice(sites))
                made.append(Made(story, event, record))
    return made


def _edit(paragraphs: list[str], rng: random.Random) -> list[str]:
    """Paragraphs in another order, one word in ten replaced, quotation marks stripped."""
    edited = [
        " ".join(_word(rng) if rng.random() < 0.1 else word for word in paragraph.split())
        for paragraph in paragraphs
    ]
    rng.shuffle(edited)
    return [p.replace("“", "").replace("”", "") for p in edited]


def _publish(body: list[str], story: int, copy: int, day: int, site: Outlet) -> dict[str, str]:
    lines = [f"Headline {story} {copy}", "", site.header, *body, *site.footer]
    return {
        "title": lines[0],
        "date": f"2024-03-{day + copy:02d}",
        "url": f"https://{site.host}/{story}/{copy}",
        "text": "\n".join(lines),
    }
