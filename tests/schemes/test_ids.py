"""Names of spans and claims: they follow from the place, not from the label."""

from __future__ import annotations

import hashlib

from annotate.consensus.policy import Majority
from annotate.schemes import load_scheme
from annotate.schemes.base import Vote
from annotate.schemes.claims import Claim, ClaimSet
from annotate.schemes.entities import Entity

TEXT = "The dam, Ina Roe said, will hold."


def _hash(array: str) -> str:
    """As the design page says: SHA-256 over a JSON array, here written by hand."""
    return hashlib.sha256(array.encode()).hexdigest()[:16]


def _entity_ids(*entities: Entity) -> list[str]:
    (values,) = load_scheme("entities").values("u", TEXT, list(entities))
    return [value[0] for value in values]


def _claim_ids(*claims: Claim) -> list[str]:
    values, _ = load_scheme("claims").values("u", TEXT, ClaimSet(claims))
    return [value[0] for value in values]


def test_a_relabelled_entity_keeps_its_name() -> None:
    expected = [_hash('["u",9,16,0]')]
    assert _entity_ids(Entity(9, 16, "PER")) == _entity_ids(Entity(9, 16, "ORG", "NOM")) == expected


def test_entities_of_one_place_are_counted() -> None:
    places = ((0, 7), (9, 12), (9, 16), (9, 16), (13, 16), (17, 21))
    ids = _entity_ids(*(Entity(start, end, "PER") for start, end in places))
    named = ("0,7,0", "9,12,0", "9,16,0", "9,16,1", "13,16,0", "17,21,0")
    assert ids == [_hash(f'["u",{place}]') for place in named]


def test_gold_entities_are_named_alike() -> None:
    votes = [Vote(who, [Entity(9, 16, "ORG"), Entity(9, 16, "PER")]) for who in "ab"]
    (gold,), _ = load_scheme("entities").resolve("u", TEXT, votes, Majority())
    assert [value[0] for value in gold] == [_hash('["u",9,16,0]'), _hash('["u",9,16,1]')]


def test_a_claim_is_named_after_all_its_fragments() -> None:
    parts = ((0, 7), (23, 32))
    assert _claim_ids(Claim(parts)) == [_hash('["u",0,7,23,32,0]')]
    assert _claim_ids(Claim(parts, mode="direct", negated=True)) == _claim_ids(Claim(parts))
    assert _claim_ids(Claim(((0, 32),))) != _claim_ids(Claim(parts))


def test_claims_of_one_content_are_counted() -> None:
    said, implied = Claim(((0, 7),), (((9, 16),),)), Claim(((0, 7),))
    assert _claim_ids(implied, said) == [_hash('["u",0,7,0]'), _hash('["u",0,7,1]')]
