"""The English words that hand a content to its source, and how they are used.

Forms are grouped by what they take: a clause (`said the road was closed`), a
clause that must be seen to be one (`found that`), a person and then a clause
(`told reporters that`), the bare rest of the sentence (`denied the charge`),
an infinitive (`plans to leave`), or a clause of the subject before (`…, adding that`).
"""

from __future__ import annotations

from typing import Literal, NamedTuple

Takes = Literal["clause", "seen clause", "person", "rest", "infinitive", "shared"]


class Cue(NamedTuple):
    """How one form is used."""

    takes: Takes
    score: float
    """How far it is trusted, between 0 and 1; good for ordering, not a probability."""
    after: bool
    """Whether it may follow its content: `…, she added`."""
    noun: bool
    """Whether the form is a noun as well: `the claim`."""
    attitude: str | None
    negated: bool


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_FORMS: list[tuple[str, Takes, float]] = [
    ("said says say", "clause", 0.9),
    ("told tells tell assured assures informed informs reminded reminds", "person", 0.85),
    (
        "added adds announced announces argued argues asserted asserts alleged alleges boasted "
        "claimed claims claim complained complains conceded concedes concluded concludes "
        "confirmed confirms confirm contended contends declared declares disclosed explained "
        "explains insisted insists insist joked maintained maintains noted notes posted "
        "predicted predicts quipped radioed reiterated remarked replied revealed ruled stated "
        "states stressed stresses suggested suggests testified tweeted warned warns warn wrote "
        "writes emphasised emphasized emphasises emphasizes acknowledged acknowledges admitted "
        "admits admit cautioned charged recalled recounted hinted mused",
        "clause",
        0.75,
    ),
    (
        "believed believes believe thinks think thought suspects suspect suspected fears fear "
        "feared hopes hope hoped expects expect estimated estimates estimate reckons doubts "
        "worries assumes",
        "seen clause",
        0.7,
    ),
    (
        "found finds find showed shows show reported reports knew knows know learned learnt "
        "indicated indicates demonstrated realised realized heard agreed discovered",
        "seen clause",
        0.6,
    ),
    ("reads", "seen clause", 0.6),
    (
        "saying adding arguing claiming insisting warning charging noting stressing alleging",
        "shared",
        0.65,
    ),
    (
        "denied denies deny disputed disputes dispute rejected rejects refuted dismissed",
        "rest",
        0.75,
    ),
    (
        "recommended recommends recommend demanded demands accused accuses accuse urged urges "
        "proposed proposes condemned criticised criticized questioned",
        "rest",
        0.6,
    ),
    ("called calls call", "rest", 0.6),
    (
        "intended intends intend planned plans plan promised promises promise vowed vows vow "
        "pledged pledges pledge threatened threatens threaten refused refuses offered offers",
        "infinitive",
        0.65,
    ),
]
_AFTER: set[Takes] = {"clause", "person"}
_AFTER_TOO = _words(
    "believes believed thinks thought suspects estimates estimated reckons reported reports "
    "shows showed reads hopes fears"
)
_NOUNS = _words(
    "claim claims reports report notes states fears fear hopes hope plans plan promise promises "
    "estimate estimates doubts demands dispute disputes offers calls call shows show reads finds "
    "find vow vows pledge pledges charged thought charges posted worries"
)
_ATTITUDES = {
    "belief": "believe think thought suspect fear hope expect estimat reckon doubt worr assum",
    "intention": "intend plan promis vow pledg threaten refus offer",
    "fact": "found find show knew know learn discover demonstrat realis realiz confirm",
}
_NEGATED = ("den", "disput", "reject", "refut", "dismiss")


def _cue(form: str, takes: Takes, score: float) -> Cue:
    attitude = next(
        (
            name
            for name, stems in _ATTITUDES.items()
            if any(form.startswith(stem) for stem in stems.split())
        ),
        None,
    )
    return Cue(
        takes=takes,
        score=score,
        after=takes in _AFTER or form in _AFTER_TOO,
        noun=form in _NOUNS,
        attitude=attitude,
        negated=form.startswith(_NEGATED) and takes == "rest",
    )


CUES = {form: _cue(form, takes, score) for forms, takes, score in _FORMS for form in forms.split()}
"""Cue by form, in lower case."""
IMPERSONAL = _words(
    "understood thought believed expected reported feared said alleged estimated claimed"
)
"""`It is … that`: a content whose source is not named."""
BE = _words("is was are were be been being s re get got")
AUXILIARIES = BE | _words(
    "has have had will would can could may might shall should must do does did wont wouldnt "
    "cant couldnt isnt wasnt arent werent hasnt havent hadnt doesnt dont didnt ’s"
)
NOT = _words("not never n't dont doesnt didnt don’t doesn’t didn’t don't doesn't didn't")
SUBJECTS = _words("he she it they we i you there this these those")
DETERMINERS = _words(
    "the a an its his her their our my your this that these those no any some every each both "
    "several many few one two three four five six seven eight nine ten"
)
BREAKS = _words(
    "but that when while as after before because if although though which whose where since "
    "until yet so once how why what whether"
)
"""Words that a subject does not reach across to its left."""
DAYS = _words("monday tuesday wednesday thursday friday saturday sunday yesterday today")
MONTHS = _words(
    "january february march april may june july august september october november december"
)
SUBORDINATORS = _words("as while although though if when since because")
RELATIVES = _words("who which whose where that whom")
