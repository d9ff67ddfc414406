"""A label config and one task -> a page that shows what an annotator will see.

The page stands alone: no script, no network. It shows the labels with their
colours, keys and hints, the choices, and the task's text with the spans of its
suggestion, if it has one. It is a likeness; Label Studio draws the real thing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from html import escape
from typing import Any
from xml.etree.ElementTree import Element

from defusedxml.ElementTree import fromstring

from annotate.models import Task
from annotate.schemes.base import Scheme
from annotate.schemes.colours import Palette
from annotate.schemes.label_config import NAMED_TAGS, LabelConfig, stored_value, text_field

_STYLE = """
body { max-width: 50rem; margin: 2rem auto; padding: 0 1rem; font: 17px/1.9 system-ui, sans-serif; }
h1 { font-size: 1.2rem; margin: 0; } .meta { color: #555; font-size: 13px; }
.control { margin: .6rem 0; } .control b { margin-right: .6rem; font-size: 13px; }
.value { display: inline-block; margin: 2px 6px 2px 0; padding: 0 8px; border-radius: 3px;
  font-size: 14px; border: 1px solid #bbb; }
[style] { --line: color-mix(in srgb, var(--c) 70%, #1a1a1a);
  background: color-mix(in srgb, var(--c) 38%, transparent); }
kbd { margin-left: 6px; font-size: 11px; opacity: .75; }
.value[style] { border-color: var(--line); }
mark { padding: 1px 0; border-radius: 3px; color: inherit;
  border-bottom: 2px var(--l) var(--line); }
mark small { font-size: 10px; vertical-align: super; margin-left: 2px; }
pre { white-space: pre-wrap; font: inherit; border-top: 1px solid #bbb; padding-top: 1rem; }
"""


def render_preview(config: LabelConfig, scheme: Scheme[Any], task: Task, *, title: str) -> str:
    """The page, as HTML; raises ConfigError where the scheme's controls label no text."""
    root = fromstring(config.xml, forbid_dtd=True)
    data = {name: str(value) for name, value in task.data.items() if value not in (None, "")}
    palette = Palette(config.xml, {})
    meta = " · ".join(escape(data[name]) for name in ("date", "url") if name in data)
    text = data.get(text_field(config, scheme.needs), "")
    result = task.predictions[0].result if task.predictions else []
    body = [
        '<!doctype html><html lang="en"><head><meta charset="utf-8">',
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body>",
        f"<h1>{escape(data.get('title', ''))}</h1><p class='meta'>{meta}</p>",
        *(_target(data)),
        *(_control(element, palette) for element in root.iter() if element.tag in NAMED_TAGS),
        f"<pre>{_marked(text, [r for r in result if r['type'] == 'labels'], palette)}</pre>",
        "</body></html>\n",
    ]
    return "\n".join(body)


def _target(data: dict[str, str]) -> Iterator[str]:
    if "target" in data:
        holder = escape(data.get("holder", "the author"))
        yield f"<p><b>{escape(data['target'])}</b> · stance of {holder}</p>"


def _control(element: Element, palette: Palette) -> str:
    name = element.get("name") or element.tag.lower()
    values = []
    for value in element.iter(NAMED_TAGS[element.tag]):
        label = value.get("value", "")
        key = f"<kbd>{escape(value.get('hotkey', ''))}</kbd>" if value.get("hotkey") else ""
        style = f' style="{palette.style(stored_value(value))}"' if element.tag == "Labels" else ""
        hint = escape(value.get("hint", ""))
        values.append(f'<span class="value" title="{hint}"{style}>{escape(label)}{key}</span>')
    return f'<div class="control"><b>{escape(name)}</b>{"".join(values)}</div>'


def _marked(text: str, regions: list[dict[str, Any]], palette: Palette) -> str:
    """The text with its regions; one that goes on behind the end of another begins anew there."""
    opens: dict[int, list[tuple[int, str]]] = defaultdict(list)
    for region in regions:
        value = region["value"]
        opens[value["start"]].append((value["end"], value["labels"][0]))
    out: list[str] = []
    stack: list[tuple[int, str]] = []
    for place in range(len(text) + 1):
        begin = opens.get(place, [])
        while any(end <= place for end, _ in stack):
            end, label = stack.pop()
            if end > place:
                begin = [*begin, (end, label)]
            out.append("</mark>" if end > place else f"<small>{escape(label)}</small></mark>")
        for end, label in sorted(begin, reverse=True):
            out.append(f'<mark style="{palette.style(label)}">')
            stack.append((end, label))
        out.append(escape(text[place : place + 1]))
    return "".join(out)
