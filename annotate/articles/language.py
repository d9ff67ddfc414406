"""A text -> the language it is most likely written in.

The identifier (py3langid, 97 languages) brings its model in the package. It
always names one, so very short texts are left unnamed.
"""

from __future__ import annotations

UNKNOWN = "und"
"""BCP 47's code for a language that is not determined."""
_LEAST = 40
_ENOUGH = 4000


def language_of(text: str) -> str:
    """ISO 639-1 code of a text's language; `und` for less than forty letters."""
    from py3langid import classify

    if sum(map(str.isalpha, text[:_ENOUGH])) < _LEAST:
        return UNKNOWN
    code: str = classify(text[:_ENOUGH])[0]
    return code
