"""The bytes of a page become text by the encoding that a browser would take."""

from __future__ import annotations

import codecs
import zlib

import pytest

from annotate.articles.readers.html import article_of_page, decode_page
from annotate.errors import ArticleError
from tests.articles.made import page, records

_CODECS_OF_BYTES = ["zlib", "hex", "base64", "bz2", "rot13", "uu", "quopri"]
_CODECS_OF_NAMES = ["idna", "punycode", "unicode_escape", "raw_unicode_escape"]


@pytest.mark.parametrize("name", [*_CODECS_OF_BYTES, *_CODECS_OF_NAMES, "undefined", "a\0b"])
def test_what_is_no_encoding_of_text_is_refused(name: str) -> None:
    for data in (b"4142", zlib.compress(b"a" * 100), b"\\ud800", b"xn--" + b"a" * 90):
        with pytest.raises(ArticleError, match="unknown encoding"):
            decode_page(data, name, where="a.html")


@pytest.mark.parametrize(
    ("page", "text"),
    [
        (b"<meta charset=gb2312><p>\xe9F", "镕"),  # not in GB 2312, but in GBK
        (b"<meta charset=gbk><p>\x81\x30\x81\x30", "\x80"),  # four bytes, as in GB 18030
        (b"<meta charset=euc-kr><p>\x8cc", "똠"),  # not in KS X 1001, but in windows-949
        (b"<meta charset=iso-8859-9><p>\x93", "“"),  # windows-1254
        (b"<meta charset=utf-16><p>caf\xc3\xa9", "café"),
        (b"<!-- <meta charset=latin1> --><p>caf\xc3\xa9", "café"),
        (b"<!--><meta charset=latin1><p>caf\xe9", "café"),
        (b"<!-- <meta charset=latin1><p>caf\xc3\xa9", "café"),
    ],
)
def test_declared_as_browsers_read_it(page: bytes, text: str) -> None:
    assert decode_page(page, None, where="a.html").endswith(f"<p>{text}")


def test_the_server_comes_before_the_page_and_the_mark_before_both() -> None:
    page = b"<meta charset=utf-8>caf\xe9"
    assert decode_page(page, "iso-8859-1", where="a.html").endswith("café")
    assert decode_page("é".encode("utf-16"), "utf-16", where="a.html") == "é"
    for mark, name in (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ):
        marked = mark + "<meta charset=utf-8>é".encode(name)
        for said in ("iso-8859-1", name, None):
            assert decode_page(marked, said, where="a.html") == "<meta charset=utf-8>é"


def _page(attributes: str, text: str) -> bytes:
    body = f"<title>Dam</title><div {attributes}><p>{text * 20}</p></div>"
    return f"<html>{body}</html>".encode()


def test_a_tag_of_countless_attributes_is_refused_before_it_is_parsed() -> None:
    # 20,000 took 4 s, and twice as many four times as long
    for value in ("", "=1", ' = "x > y"', "='x'"):
        attributes = " ".join(f"a{n}{value}" for n in range(300_000))
        with pytest.raises(ArticleError) as raised:
            article_of_page(_page(attributes, ""), url=None, charset=None, where="a.html")
        assert "a tag at character 24 has 10000 attributes or more" in str(raised.value)


def test_lists_in_scripts_are_no_attributes() -> None:
    numbers = ", ".join(map(str, range(30_000)))
    page = _page("a=1 b", f"<script>if (a<b) c = [{numbers}]</script>The dam held all night. ")
    found = article_of_page(page, url=None, charset=None, where="a.html")
    assert "The dam held all night." in found.text


@pytest.mark.parametrize(
    "character",
    ["\x01", "\x0b", "\ufffe", "&#1;", "&#11;", "&#X0B;", "&#x1f", "&#0031;", "&#65534;"],
)
def test_a_character_that_no_xml_holds_leaves_the_text(character: str) -> None:
    (made,) = records(1)
    title, line = made["text"].split("\n")[0::2][:2]
    sent = page(made).replace(line, f"{line}{character}").encode()

    article = article_of_page(sent, url=None, charset=None, where="p")

    assert (article.title, article.text) == (title, made["text"])


def test_references_to_other_characters_stay() -> None:
    (made,) = records(1)
    line = made["text"].split("\n")[2]
    sent = page(made).replace(line, f"&#9;{line}&#19968;&#x1F600;&#127;&#x110;").encode()

    article = article_of_page(sent, url=None, charset=None, where="p")

    assert article.text == made["text"].replace(line, f"{line}\u4e00\U0001f600\u0110")
