"""A label config -> the colour and the line that each label is drawn with.

Colours are those that annotators saw. A value that is no plain colour is not
used. The line (solid, dashed, dotted, double) tells neighbouring labels of a
config apart for those who cannot tell the colours.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from defusedxml.ElementTree import fromstring

from annotate.schemes.label_config import VALUE_TAGS, our_word, stored_value

_NUMBER = re.compile(r"#(?:[0-9a-fA-F]{3,4}|[0-9a-fA-F]{6}|[0-9a-fA-F]{8})")
_SPARE = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#999999")
"""The palette of Okabe and Ito (2008), which people with any colour vision can tell apart."""
_LINES = ("solid", "dashed", "dotted", "double")
_NAMED = """
aliceblue antiquewhite aqua aquamarine azure beige bisque black blanchedalmond blue
blueviolet brown burlywood cadetblue chartreuse chocolate coral cornflowerblue cornsilk
crimson cyan darkblue darkcyan darkgoldenrod darkgray darkgreen darkgrey darkkhaki
darkmagenta darkolivegreen darkorange darkorchid darkred darksalmon darkseagreen
darkslateblue darkslategray darkslategrey darkturquoise darkviolet deeppink deepskyblue
dimgray dimgrey dodgerblue firebrick floralwhite forestgreen fuchsia gainsboro ghostwhite
gold goldenrod gray green greenyellow grey honeydew hotpink indianred indigo ivory khaki
lavender lavenderblush lawngreen lemonchiffon lightblue lightcoral lightcyan
lightgoldenrodyellow lightgray lightgreen lightgrey lightpink lightsalmon lightseagreen
lightskyblue lightslategray lightslategrey lightsteelblue lightyellow lime limegreen linen
magenta maroon mediumaquamarine mediumblue mediumorchid mediumpurple mediumseagreen
mediumslateblue mediumspringgreen mediumturquoise mediumvioletred midnightblue mintcream
mistyrose moccasin navajowhite navy oldlace olive olivedrab orange orangered orchid
palegoldenrod palegreen paleturquoise palevioletred papayawhip peachpuff peru pink plum
powderblue purple rebeccapurple red rosybrown royalblue saddlebrown salmon sandybrown
seagreen seashell sienna silver skyblue slateblue slategray slategrey snow springgreen
steelblue tan teal thistle tomato turquoise violet wheat white whitesmoke yellow yellowgreen
"""
"""The named colours of CSS Color 4; `transparent` and `inherit` are words there, and no colours."""


class Palette:
    """Colours and lines by label."""

    def __init__(self, xml: str, names: Mapping[str, str]) -> None:
        """`names` is the mapping that the config was fitted with (`--map`)."""
        self._colours: dict[str, str] = {}
        for control in fromstring(xml, forbid_dtd=True).iter():
            for item in control.iter(VALUE_TAGS.get(control.tag, "")):
                value = stored_value(item)
                colour = item.get("background") or ""
                plain = _NUMBER.fullmatch(colour) or colour.lower() in _NAMED.split()
                word = our_word(names, control.get("name", ""), value)
                self._colours.setdefault(word, colour if plain else "")
        self._order = {label: place for place, label in enumerate(self._colours)}

    def style(self, label: str) -> str:
        """CSS that sets a label's colour and line."""
        place = self._order.setdefault(label, len(self._order))
        colour = self._colours.get(label) or _SPARE[place % len(_SPARE)]
        return f"--c:{colour};--l:{_LINES[place % len(_LINES)]}"
