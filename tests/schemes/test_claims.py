"""Claims from regions and relations, worked out by hand."""

from __future__ import annotations

import msgspec

from annotate.schemes.base import Marks, Region, Relation
from annotate.schemes.claim_assembly import claim_order
from annotate.schemes.claims import SCHEME, Claim, ClaimSet

TEXT = "The dam, Ina Roe said, will hold. She said it was safe, and that Bo lied."
_IDS = {"dam": (0, 7), "ina": (9, 16), "said": (17, 21), "hold": (23, 32)}


def _region(name: str, label: str, start: int, end: int, **choices: str) -> Region:
    return Region(name, "role", start, end, label, choices)


def _assemble(
    regions: list[Region], relations: list[Relation], lost: frozenset[tuple[str, str]] = frozenset()
) -> tuple[ClaimSet, list[tuple[str, str, str, bool]]]:
    record, rejects = SCHEME.assemble(Marks(TEXT, regions, relations, {}, lost))
    assert record is not None
    return record, [(r.code, r.kind, r.part, r.root) for r in rejects]


def test_a_claim_in_two_fragments() -> None:
    record, rejects = _assemble(
        [
            _region("b", "Content", 23, 32, mode="indirect", attitude="belief"),
            _region("a", "Content", 0, 7),
            _region("s", "Source", 9, 16, kind="named"),
            _region("c", "Cue", 17, 21),
        ],
        [Relation("a", "b", ("continues",)), Relation("b", "s", ("source",)), Relation("a", "c")],
    )
    assert not rejects
    assert record == ClaimSet(
        (
            Claim(
                content=((0, 7), (23, 32)),
                source=(((9, 16),),),
                cue=(((17, 21),),),
                source_kind=("named",),
                mode="indirect",
                attitude="belief",
            ),
        )
    )


def test_the_roles_decide_whatever_the_direction() -> None:
    regions = [_region("a", "Content", 0, 7), _region("s", "Source", 9, 16)]
    drawn = [
        Relation("a", "s", ("source",)),
        Relation("s", "a", ("source",)),
        Relation("s", "a"),
        Relation("a", "s", ("cue", "source")),
    ]
    records = [_assemble(regions, [relation]) for relation in drawn]
    assert all(record == records[0] for record in records)
    assert records[0][0].claims[0].source == (((9, 16),),)


def test_a_contradicting_relation_is_set_aside_and_the_rest_kept() -> None:
    regions = [
        _region("a", "Content", 0, 7),
        _region("s", "Source", 9, 16),
        _region("c", "Cue", 17, 21),
    ]
    good = [Relation("a", "s"), Relation("a", "c", ("cue",))]
    record, rejects = _assemble(regions, [Relation("a", "s", ("cue",)), Relation("s", "c"), *good])
    assert rejects == [
        ("contradicting_relation", "relation", "a -> s", True),
        ("contradicting_relation", "relation", "s -> c", True),
    ]
    assert record.claims == (
        Claim(((0, 7),), source=(((9, 16),),), cue=(((17, 21),),), source_kind=(None,)),
    )


def test_a_claim_whose_only_source_was_joined_by_a_contradicting_relation_is_set_aside() -> None:
    regions = [
        _region("a", "Content", 0, 7),
        _region("b", "Content", 23, 32),
        _region("s", "Source", 9, 16),
        _region("c", "Cue", 17, 21),
    ]
    drawn = [Relation("a", "s", ("cue",)), Relation("a", "c"), Relation("b", "c")]
    record, rejects = _assemble(regions, drawn)
    assert rejects == [
        ("contradicting_relation", "relation", "a -> s", True),
        ("incomplete_claim", "region", "a", False),
    ]
    assert record.claims == (Claim(((23, 32),), cue=(((17, 21),),)),)
    assert record.unlinked == (("Source", ((9, 16),)),)


def test_of_a_claim_in_fragments_any_may_have_lost_the_source() -> None:
    regions = [_region("a", "Content", 0, 7), _region("b", "Content", 23, 32)]
    source = _region("s", "Source", 9, 16)
    marks = Marks(TEXT, [*regions, source], [Relation("a", "b")], {}, doubted=frozenset({"b"}))
    record, rejects = SCHEME.assemble(marks)
    assert [(r.code, r.part) for r in rejects] == [
        ("incomplete_claim", "a"),
        ("incomplete_claim", "b"),
    ]
    assert record == ClaimSet((), (("Source", ((9, 16),)),))


def test_a_source_may_serve_several_claims_and_be_in_fragments() -> None:
    record, rejects = _assemble(
        [
            _region("a", "Content", 0, 7),
            _region("b", "Content", 23, 32),
            _region("s", "Source", 9, 12),
            _region("t", "Source", 13, 16),
            _region("u", "Source", 34, 37),
        ],
        [
            Relation("s", "t", ("continues",)),
            Relation("t", "u"),
            Relation("a", "s", ("source",)),
            Relation("b", "u", ("source",)),
        ],
    )
    assert not rejects
    whole = ((9, 12), (13, 16), (34, 37))
    assert [claim.source for claim in record.claims] == [(whole,), (whole,)]


def test_continues_in_a_circle() -> None:
    regions = [_region(name, "Content", n, n + 2) for n, name in enumerate("abcd", 1)]
    circle = [Relation("a", "b"), Relation("b", "c"), Relation("c", "a", ("continues",))]
    record, rejects = _assemble(regions, [*circle, Relation("c", "d")])
    assert rejects == [("fragment_cycle", "relation", "c -> a", True)]
    assert [claim.content for claim in record.claims] == [((1, 3), (2, 4), (3, 5), (4, 6))]


def test_fragments_joined_by_two_ways_are_one_content() -> None:
    regions = [_region(name, "Content", 3 * n, 3 * n + 2) for n, name in enumerate("abcd")]
    record, rejects = _assemble(regions, [Relation(*ends) for ends in ("ab", "ac", "bd", "cd")])
    assert not rejects
    assert [claim.content for claim in record.claims] == [((0, 2), (3, 5), (6, 8), (9, 11))]


def test_thousands_of_fragments_are_joined_in_any_order() -> None:
    # 8,000 took twenty seconds, and twice as many four times as long
    regions = [_region(f"r{n}", "Content", n, n + 1) for n in range(30_000)]
    relations = [Relation(f"r{n}", f"r{n + 1}", ("continues",)) for n in range(29_999)]
    record, rejects = _assemble(regions, relations[::-1])
    assert [len(claim.content) for claim in record.claims] == [30_000]
    assert not rejects


def test_a_claim_that_lost_its_source_is_set_aside() -> None:
    regions = [_region("a", "Content", 0, 7), _region("b", "Content", 23, 32)]
    record, rejects = _assemble(regions, [], frozenset({("a", "Source")}))
    assert rejects == [("incomplete_claim", "region", "a", False)]
    assert record.claims == (Claim(((23, 32),)),)


def test_what_only_a_claim_that_was_set_aside_used_is_unlinked() -> None:
    regions = [
        _region("a", "Content", 0, 7),
        _region("b", "Content", 23, 32),
        _region("s", "Source", 9, 16),
        _region("c", "Cue", 17, 21),
    ]
    drawn = [Relation("a", "s"), Relation("a", "c"), Relation("b", "c")]
    record, _ = _assemble(regions, drawn, frozenset({("a", "Content")}))
    assert record.claims == (Claim(((23, 32),), cue=(((17, 21),),)),)
    assert record.unlinked == (("Source", ((9, 16),)),)


def test_kinds_of_sources_that_no_claim_uses_are_counted() -> None:
    regions = [
        _region("a", "Content", 0, 7),
        _region("s", "Source", 9, 16, kind="named"),
        _region("t", "Source", 17, 21, kind="unnamed"),
        _region("u", "Source", 22, 24, kind="unnamed"),
        _region("c", "Cue", 25, 28),
    ]
    record, rejects = _assemble(regions, [Relation("a", "s"), Relation("t", "u")])
    assert not rejects
    assert [claim.source_kind for claim in record.claims] == [("named",)]
    assert record.unused == 2


def test_fragments_that_disagree_on_an_attribute() -> None:
    record, rejects = _assemble(
        [
            _region("a", "Content", 0, 7, attitude="belief"),
            _region("b", "Content", 23, 32, attitude="fact"),
        ],
        [Relation("a", "b")],
    )
    assert [code for code, *_ in rejects] == ["too_many_choices", "too_many_choices"]
    assert record.claims[0].attitude == "assertion"


def test_sources_that_disagree_are_set_aside_in_the_order_of_the_relations() -> None:
    names = ["zoe", "amy", "may", "bob", "eva"]
    regions, relations = [_region("a", "Content", 0, 7)], []
    for n, name in enumerate(names):
        regions.append(_region(name, "Source", 10 * n, 10 * n + 3, kind="named"))
        regions.append(_region(f"{name}2", "Source", 10 * n + 4, 10 * n + 8, kind="unnamed"))
        relations += [Relation("a", name), Relation(name, f"{name}2")]
    record, rejects = _assemble(regions, relations)
    assert [part for _, _, part, _ in rejects] == [
        f"{n}{two} kind" for n in names for two in ("", "2")
    ]
    assert record.claims[0].source_kind == (None,) * 5


def test_nested_claims_are_two() -> None:
    record, _ = _assemble(
        [
            _region("a", "Content", 38, 72),
            _region("b", "Content", 65, 72),
            _region("s", "Source", 34, 37),
        ],
        [Relation("a", "s", ("source",))],
    )
    assert [claim.content for claim in record.claims] == [((38, 72),), ((65, 72),)]
    assert [len(claim.source) for claim in record.claims] == [1, 0]


def test_the_order_of_equal_sources_is_no_chance() -> None:
    regions = [_region("a", "Content", 0, 7)]
    kinds = ["unnamed", "named", "artifact", "collective"]
    regions += [_region(f"s{kind}", "Source", 9, 16, kind=kind) for kind in kinds]
    record, _ = _assemble(regions, [Relation("a", f"s{kind}") for kind in kinds])
    assert record.claims[0].source_kind == tuple(sorted(kinds))


def test_the_order_of_claims_that_differ_in_negation_is_no_chance() -> None:
    regions = [_region("a", "Content", 0, 7), _region("b", "Content", 0, 7, negated="yes")]
    assert _assemble(regions, []) == _assemble(regions[::-1], [])


def test_of_claims_alike_those_with_something_left_tied_come_first() -> None:
    plain = Claim(((0, 7),), source=(((9, 16),),), source_kind=("named",), mode="direct")
    tied = (
        msgspec.structs.replace(plain, source_kind=(None,)),
        msgspec.structs.replace(plain, mode=None),
        msgspec.structs.replace(plain, attitude=None),
        msgspec.structs.replace(plain, negated=None),
    )
    for claim in tied:
        assert sorted([plain, claim], key=claim_order) == [claim, plain]
