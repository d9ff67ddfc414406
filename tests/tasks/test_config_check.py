"""A label config is checked for everything at once, and previewed as a page."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from annotate.errors import ConfigError
from annotate.schemes import load_scheme, scheme_names
from annotate.schemes.base import Region
from annotate.schemes.colours import Palette
from annotate.schemes.label_config import config_path, parse_label_config, shipped_config
from annotate.tasks.config_check import check_config
from annotate.tasks.preview import render_preview
from annotate.tasks.suggest import Draft, add_suggestions, make_suggester
from annotate.tasks.suggest.result import make_suggestion
from tests.tasks.made import task


@pytest.mark.parametrize("scheme", scheme_names())
def test_shipped_configs_have_nothing_wrong(scheme: str) -> None:
    assert check_config(config_path(f"{scheme}.xml"), load_scheme(scheme), {}) == []


def test_everything_wrong_is_said_at_once(tmp_path: Path) -> None:
    path = tmp_path / "bad.xml"
    path.write_text(
        '<View><Labels name="rolle" toName="txt"><Label value="Source" hotkey="1"/>'
        '<Label value="Source" hotkey="1"/><Label value=" Cue"/></Labels>'
        '<Choices name="mode" toName="text"><Choice value="loud"/></Choices>'
        '<Relations><Relation value="by"/></Relations><Header value="$headline"/>'
        '<Text name="text" value="$body"/></View>'
    )
    assert check_config(path, load_scheme("claims"), {"foo": "bar"}) == [
        "--map names foo, which the config does not have",
        'no <Labels name="role">',
        "mode must be perRegion",
        "mode has loud; known are direct, indirect, mixed, undetermined",
        "relation label 'by' is not one of continues, cue, source",
        "rolle has toName 'txt', and no object has that name",
        "rolle has 'Source' twice",
        "rolle has the value ' Cue'",
        "<Header> shows $headline, which tasks do not have",
        "<Text> shows $body, which tasks do not have",
        "the hotkey '1' is there twice",
    ]


def test_a_filter_points_to_a_control(tmp_path: Path) -> None:
    path = tmp_path / "filter.xml"
    shown = '<View><Filter name="find" toName="{}"/><Labels name="entity" toName="text">'
    rest = '<Label value="A"/></Labels><Text name="text" value="$text"/></View>'
    path.write_text(shown.format("entity") + rest)
    assert check_config(path, load_scheme("entities"), {}) == []
    path.write_text(shown.format("text") + rest)
    said = ["find has toName 'text', and no control has that name"]
    assert check_config(path, load_scheme("entities"), {}) == said


@pytest.mark.parametrize(
    ("beside", "missing"),
    [
        ('<Image name="a" valueList="$title"/><RectangleLabels name="r" toName="a"/>', ""),
        ('<Text name="a" value="Is it about $title?"/><Choices name="r" toName="a"/>', ""),
        ('<Text name="a" value="$url"/><Pairwise name="r" toName="text,a"/>', ""),
        ('<Pairwise name="r" toName="text,b"/>', "b"),
        ('<Text name="a" value="title"/><Rating name="r" toName="a"/>', "a"),
        ('<TextArea name="a" value="$title" toName="text"/><Rating name="r" toName="a"/>', "a"),
    ],
)
def test_a_control_points_to_what_shows_data(beside: str, missing: str, tmp_path: Path) -> None:
    path = tmp_path / "beside.xml"
    labels = '<Labels name="entity" toName="text"><Label value="A"/></Labels>'
    path.write_text(f'<View>{labels}<Text name="text" value="$text"/>{beside}</View>')
    said = f"r has toName {missing!r}, and no object has that name"
    assert check_config(path, load_scheme("entities"), {}) == ([said] if missing else [])


@pytest.mark.parametrize(("depth", "fits"), [(97, True), (99, False), (200_000, False)])
def test_a_config_is_no_deeper_than_a_page(tmp_path: Path, depth: int, fits: bool) -> None:
    path = tmp_path / "deep.xml"
    inner = '<Labels name="entity" toName="text"><Label value="A"/></Labels>'
    inner += '<Text name="text" value="$text"/>'
    path.write_text("<View>" * depth + inner + "</View>" * depth)
    if fits:
        assert check_config(path, load_scheme("entities"), {}) == []
        return
    with pytest.raises(ConfigError, match=r"deep\.xml: is nested more than 100 deep"):
        check_config(path, load_scheme("entities"), {})


def test_two_controls_of_one_name(tmp_path: Path) -> None:
    path = tmp_path / "bad.xml"
    path.write_text(
        '<View><Labels name="entity" toName="text"><Label value="A"/></Labels>'
        '<Choices name="entity" toName="text"><Choice value="B"/></Choices>'
        '<Text name="text" value="$text"/></View>'
    )
    assert check_config(path, load_scheme("entities"), {}) == ["two controls are named entity"]


@pytest.mark.parametrize(
    "data", [b"", b"<View>", b"\xff\xfe<View/>", b'<!DOCTYPE x [<!ENTITY a "b">]><View>&a;</View>']
)
def test_what_is_no_config(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "bad.xml"
    path.write_bytes(data)
    with pytest.raises(ConfigError, match=r"bad.xml: (not a label config|cannot be read)"):
        check_config(path, load_scheme("claims"), {})


class Reader(HTMLParser):
    """Takes a page apart as a browser would."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open: list[str] = []
        self.text = ""
        self.attributes: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [value or "" for _, value in attrs]
        if tag not in ("meta",):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "pre" in self.open and "small" not in self.open:
            self.text += data


def test_preview_shows_the_text_and_runs_nothing() -> None:
    scheme, config = load_scheme("claims"), shipped_config("claims")
    text = (
        "<script>alert(1)</script> & co.\n"
        "Ott said that Reve told the court that he had left. 😀 “No,” said Ott."
    )
    suggester = make_suggester("rules", scheme, config, "datasets")
    (one,) = add_suggestions([task("claims", text)], suggester, scheme, config, on_dropped=print)

    reader = Reader()
    reader.feed(render_preview(config, scheme, one, title="t"))

    assert reader.open == []
    assert reader.text == text
    assert reader.tags.count("mark") == sum(
        r["type"] == "labels" for r in one.predictions[0].result
    )
    assert "script" not in reader.tags


def test_preview_shows_all_of_spans_that_cross() -> None:
    scheme, config = load_scheme("entities"), shipped_config("entities")
    text, colours = "abcdefghij", Palette(config.xml, {})
    spans = [("PER", 2, 5), ("ORG", 0, 3), ("LOC", 1, 9), ("DATE", 4, 10)]
    one = task("entities", text)
    regions = [Region(label, "entity", start, end, label, {}) for label, start, end in spans]
    one.predictions.append(make_suggestion(Draft(regions), text, config, "x"))
    page = render_preview(config, scheme, one, title="t")
    (shown,) = re.findall("<pre>(.*)</pre>", page)
    parts = re.findall(r'<mark style="([^"]*)">|<small>(\w+)</small>|(</mark>)|([a-j])', shown)
    open_: list[str] = []
    seen = {label: "" for label, _, _ in spans}
    for style, _, end, character in parts:
        if style:
            open_.append(next(label for label in seen if colours.style(label) == style))
        elif end:
            open_.pop()
        for label in open_ if character else ():
            seen[label] += character
    assert seen == {label: text[start:end] for label, start, end in spans}
    # each says its label once, where it ends
    assert sorted(label for _, label, _, _ in parts if label) == sorted(seen)


def test_preview_takes_no_style_from_a_config() -> None:
    shipped = shipped_config("entities").xml
    xml = re.sub(
        'value="PER" background="[^"]*"', 'value="PER" background="url(//x.example)"', shipped
    )
    assert "x.example" in xml
    config, scheme = parse_label_config(xml, where="x"), load_scheme("entities")
    page = render_preview(config, scheme, task("entities", "x"), title="t")
    assert "x.example" not in page


def test_preview_has_the_colours_of_labels_by_alias_word_and_short_number() -> None:
    xml = (
        '<View><Text name="text" value="$text"/><Labels name="entity" toName="text">'
        '<Label value="Person" alias="PER" background="#E69F00"/>'
        '<Label value="GPE" background="teal"/><Label value="ORG" background="#0af"/>'
        "</Labels></View>"
    )
    config, scheme = parse_label_config(xml, where="x"), load_scheme("entities")
    regions = [Region(n, "entity", a, b, n, {}) for n, a, b in (("PER", 0, 3), ("GPE", 7, 11))]
    one = task("entities", "Ott in Oslo")
    one.predictions.append(make_suggestion(Draft(regions), "Ott in Oslo", config, "x"))
    page = render_preview(config, scheme, one, title="t")
    assert re.findall(r'<span class="value" title="" style="--c:([^;]+);[^"]*">(\w+)', page) == [
        ("#E69F00", "Person"),
        ("teal", "GPE"),
        ("#0af", "ORG"),
    ]
    assert re.findall(r'<mark style="--c:([^;]+);[^"]*">(\w+)', page) == [
        ("#E69F00", "Ott"),
        ("teal", "Oslo"),
    ]
