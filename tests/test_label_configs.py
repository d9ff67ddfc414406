"""The shipped label configs: names, keys, colours and what they ask of a task.

The names and values are those of the design page: exports made elsewhere rely on them.
Colours are compared by CIEDE2000 (Sharma, Wu, Dalal 2005) as seen with normal sight, with
protanopia and with deuteranopia (Machado, Oliveira, Fernandes 2009, severity 1); dark text
on them by the contrast ratio of WCAG 2.
"""

import itertools
import math
import re
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

import pytest
from defusedxml.ElementTree import parse

CONFIGS = Path(__file__).resolve().parents[1] / "label_configs"

# control -> tag, values, label of the regions it belongs to (None: the task, "": any region)
SCHEMES: dict[str, dict[str, tuple[str, str, str | None]]] = {
    "entities": {
        "entity": ("Labels", "PER ORG GPE LOC FAC NORP EVENT WORK PRODUCT DATE MISC", None),
        "mention": ("Choices", "NAM NOM PRO", ""),
    },
    "stance": {
        "stance": ("Choices", "favor against neutral none unclear", None),
        "evidence": ("Labels", "Evidence", None),
        "explicitness": ("Choices", "explicit implicit", None),
    },
    "claims": {
        "role": ("Labels", "Source Cue Content", None),
        "mode": ("Choices", "direct indirect mixed undetermined", "Content"),
        "attitude": ("Choices", "assertion belief intention fact", "Content"),
        "negated": ("Choices", "yes", "Content"),
        "kind": ("Choices", "named unnamed collective artifact author unresolvable", "Source"),
    },
}
TASK_DATA = {
    *("text", "title", "date", "url", "article_id", "unit", "unit_start", "text_sha256"),
    *("unit_key", "group", "target", "target_kind", "holder"),
}
EDITOR_KEYS = {"u", "enter", "escape", "backspace", "delete", "space"}

# A dozen times the just noticeable difference of about one: told apart at a glance.
LEAST_DISTANCE = 12.0
# The same for the tint that Label Studio lays over the words: the colour at 30 % on white.
LEAST_TINT_DISTANCE = 4.0
LEAST_TINT_ON_PAPER = 6.0
LEAST_CONTRAST = 4.5
DARK_TEXT = "#000000"

Vector = tuple[float, float, float]
SIGHTS: dict[str, tuple[Vector, Vector, Vector]] = {
    "normal": ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
}
TO_XYZ: tuple[Vector, Vector, Vector] = (
    (0.4124564, 0.3575761, 0.1804375),
    (0.2126729, 0.7151522, 0.0721750),
    (0.0193339, 0.1191920, 0.9503041),
)

schemes = pytest.mark.parametrize("scheme", SCHEMES)


def config(scheme: str) -> Element:
    root = parse(CONFIGS / f"{scheme}.xml").getroot()
    assert root is not None
    return root


def style(scheme: str) -> str:
    return config(scheme).findtext(".//Style") or ""


def colours(scheme: str) -> dict[str, str]:
    return {e.attrib["value"]: e.attrib["background"] for e in config(scheme).iter("Label")}


@schemes
def test_controls_and_values(scheme: str) -> None:
    found: dict[str, Any] = {}
    for element in config(scheme).iter():
        if "toName" not in element.attrib:
            continue
        per_region = element.get("perRegion") == "true"
        found[element.attrib["name"]] = (
            element.tag,
            " ".join(child.attrib["value"] for child in element),
            element.get("whenLabelValue", "") if per_region else None,
        )
        assert element.get("toName") == "text"
        assert element.get("choice") == "single"
    assert {name: (t, set(v.split()), w) for name, (t, v, w) in found.items()} == {
        name: (t, set(v.split()), w) for name, (t, v, w) in SCHEMES[scheme].items()
    }


@schemes
def test_per_region_choices_show_only_with_their_region(scheme: str) -> None:
    root = config(scheme)
    parents = {child: parent for parent in root.iter() for child in parent}
    for element in root.iter("Choices"):
        if element.get("perRegion") != "true":
            continue
        views = [element]
        while (view := parents.get(views[-1])) is not None:
            views.append(view)
        gates = [view for view in views if view.get("visibleWhen") == "region-selected"]
        assert len(gates) == 1
        for name in ("whenTagName", "whenLabelValue"):
            assert gates[0].get(name) == element.get(name)


@schemes
def test_text(scheme: str) -> None:
    texts = list(config(scheme).iter("Text"))
    assert [(t.get("name"), t.get("value")) for t in texts] == [("text", "$text")]
    assert texts[0].get("granularity") == "symbol"  # a possessive fused to a name is left outside
    assert texts[0].get("showLabels") == "true"  # a label is told by its name, not by colour alone


def test_relations() -> None:
    values = [relation.get("value") for relation in config("claims").iter("Relation")]
    assert values == ["source", "cue", "continues"]


def test_stance_is_required() -> None:
    required = [e.get("name") for e in config("stance").iter() if e.get("required") == "true"]
    assert required == ["stance"]


@schemes
def test_hotkeys(scheme: str) -> None:
    elements = [e for e in config(scheme).iter() if e.tag in {"Label", "Choice"}]
    keys = [e.attrib["hotkey"] for e in elements]
    assert len(set(keys)) == len(keys)
    assert all(re.fullmatch("[a-z0-9]", key) for key in keys)
    assert not EDITOR_KEYS & set(keys)


@schemes
def test_variables(scheme: str) -> None:
    """Each is task data, alone in its attribute, and only `text` has to be there.

    Label Studio refuses a task that lacks the variable of a tag with a name, and prints
    "undefined" for a missing variable in the midst of other words.
    """
    used = [
        (element, value)
        for element in config(scheme).iter()
        for value in element.attrib.values()
        if "$" in value
    ]
    assert all(re.fullmatch(r"\$\w+", value) for _, value in used)
    names = {value[1:] for _, value in used}
    assert names <= TASK_DATA
    assert {"text", "title", "date", "url"} <= names
    assert ({"target", "target_kind", "holder"} <= names) == (scheme == "stance")
    assert [value for element, value in used if "name" in element.attrib] == ["$text"]


@schemes
def test_style(scheme: str) -> None:
    """The tag behind a region has the colour of its label; no `>`, which would be escaped."""
    pattern = r'\[data-label\$=":(\w+)"\]::after \{ background: (#\w{6}); \}'
    assert dict(re.findall(pattern, style(scheme))) == colours(scheme)
    assert ">" not in style(scheme)


@schemes
def test_guideline_names_every_label_and_choice(scheme: str) -> None:
    guideline = (CONFIGS / f"{scheme}.md").read_text(encoding="utf-8")
    words = set(re.findall(r"\w+", guideline))
    for _, values, _ in SCHEMES[scheme].values():
        assert set(values.split()) <= words | {"yes"}


@schemes
def test_dark_text_on_labels(scheme: str) -> None:
    for colour in colours(scheme).values():
        assert contrast(colour, DARK_TEXT) >= LEAST_CONTRAST, colour


@pytest.mark.parametrize("sight", SIGHTS)
@schemes
def test_colours_are_told_apart(scheme: str, sight: str) -> None:
    paper = lab((1.0, 1.0, 1.0), sight)
    for a, b in itertools.combinations(colours(scheme).values(), 2):
        assert ciede2000(lab(rgb(a), sight), lab(rgb(b), sight)) >= LEAST_DISTANCE, (a, b)
        assert ciede2000(lab(tint(a), sight), lab(tint(b), sight)) >= LEAST_TINT_DISTANCE, (a, b)
    for colour in colours(scheme).values():
        assert ciede2000(lab(tint(colour), sight), paper) >= LEAST_TINT_ON_PAPER, colour


@pytest.mark.parametrize(
    ("one", "two", "distance"),
    [
        ((50.0, 2.6772, -79.7751), (50.0, 0.0, -82.7485), 2.0425),
        ((50.0, 2.5, 0.0), (73.0, 25.0, -18.0), 27.1492),
        ((50.0, -1.0, 2.0), (50.0, 0.0, 0.0), 2.3669),
        ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
        ((2.0776, 0.0795, -1.1350), (0.9033, -0.0636, -0.5514), 0.9082),
    ],
)
def test_ciede2000_gives_published_values(one: Vector, two: Vector, distance: float) -> None:
    """Rows of the test data that Sharma, Wu and Dalal published with the formula."""
    assert ciede2000(one, two) == pytest.approx(distance, abs=5e-5)


def rgb(colour: str) -> Vector:
    return tuple(int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))  # type: ignore[return-value]


def tint(colour: str) -> Vector:
    return tuple(0.3 * value + 0.7 for value in rgb(colour))  # type: ignore[return-value]


def linear(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else float(((value + 0.055) / 1.055) ** 2.4)


def product(matrix: tuple[Vector, Vector, Vector], vector: Vector) -> Vector:
    a, b, c = (sum(m * v for m, v in zip(row, vector, strict=True)) for row in matrix)
    return a, b, c


def contrast(one: str, two: str) -> float:
    """Return WCAG 2's contrast ratio."""
    bright = [
        product(TO_XYZ, (linear(r), linear(g), linear(b)))[1] for r, g, b in map(rgb, (one, two))
    ]
    return (max(bright) + 0.05) / (min(bright) + 0.05)


def lab(colour: Vector, sight: str) -> Vector:
    """Return CIE L*a*b* (D65) of an sRGB colour as it is seen."""
    red, green, blue = (linear(value) for value in colour)
    seen = product(SIGHTS[sight], (red, green, blue))
    clipped = (min(max(seen[0], 0), 1), min(max(seen[1], 0), 1), min(max(seen[2], 0), 1))
    white = product(TO_XYZ, (1.0, 1.0, 1.0))
    x, y, z = (
        math.cbrt(t) if t > 216 / 24389 else (24389 / 27 * t + 16) / 116
        for t in (v / w for v, w in zip(product(TO_XYZ, clipped), white, strict=True))
    )
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def ciede2000(one: Vector, two: Vector) -> float:
    """Return the colour difference of two L*a*b* colours."""
    (l1, a1, b1), (l2, a2, b2) = one, two
    c7 = ((math.hypot(a1, b1) + math.hypot(a2, b2)) / 2) ** 7
    g = 1.5 - 0.5 * math.sqrt(c7 / (c7 + 25**7))
    c1, c2 = math.hypot(g * a1, b1), math.hypot(g * a2, b2)
    h1, h2 = (math.degrees(math.atan2(b, g * a)) % 360 for a, b in ((a1, b1), (a2, b2)))
    turn = 0.0 if c1 * c2 == 0 else (h2 - h1 + 180) % 360 - 180
    hue = h1 + h2 if c1 * c2 == 0 else (h1 + ((h2 - h1 + 180) % 360 - 180) / 2) % 360
    light, chroma = (l1 + l2) / 2, (c1 + c2) / 2
    dh = 2 * math.sqrt(c1 * c2) * math.sin(math.radians(turn / 2))
    t = 1 - sum(
        weight * math.cos(math.radians(times * hue + shift))
        for weight, times, shift in ((0.17, 1, -30), (-0.24, 2, 0), (-0.32, 3, 6), (0.20, 4, -63))
    )
    sl = 1 + 0.015 * (light - 50) ** 2 / math.sqrt(20 + (light - 50) ** 2)
    sc, sh = 1 + 0.045 * chroma, 1 + 0.015 * chroma * t
    bend = 60 * math.exp(-(((hue - 275) / 25) ** 2))
    rt = -2 * math.sqrt(chroma**7 / (chroma**7 + 25**7)) * math.sin(math.radians(bend))
    dl, dc, dh = (l2 - l1) / sl, (c2 - c1) / sc, dh / sh
    return math.sqrt(dl**2 + dc**2 + dh**2 + rt * dc * dh)
