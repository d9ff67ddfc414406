"""Label configs are compared by their meaning; what does not fit a scheme is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from annotate.errors import ConfigError
from annotate.studio import LocalStudio
from annotate.studio.projects import canonical_config
from tests.command import annotate

CONFIG = '<View>\n  <Text name="text" value="$text"/>\n</View>'


@pytest.mark.parametrize(
    "other",
    [
        '<View><Text value="$text" name="text"></Text></View>',
        "<?xml version='1.0'?><View><!-- a note --><Text name='text' value='$text'/></View>",
    ],
)
def test_equal_configs(other: str) -> None:
    assert canonical_config(other) == canonical_config(CONFIG)


def test_different_configs() -> None:
    assert canonical_config(CONFIG) != canonical_config(CONFIG.replace("$text", "$body"))


@pytest.mark.parametrize(
    "broken",
    ["", "<View>", "no xml", '<!DOCTYPE v [<!ENTITY a "b">]><View>&a;</View>'],
)
def test_unusable_config(broken: str) -> None:
    with pytest.raises(ConfigError):
        canonical_config(broken)


@pytest.mark.studio
def test_a_config_that_cannot_be_read_back_is_said_at_once(
    local_studio: LocalStudio, tmp_path: Path
) -> None:
    env = {"LABEL_STUDIO_URL": local_studio.url, "LABEL_STUDIO_API_KEY": local_studio.api_key}
    (tmp_path / "own.xml").write_text(
        '<View><Labels name="span" toName="text"><Label value="PER"/></Labels>'
        '<Text name="text" value="$text"/></View>'
    )
    (tmp_path / "a.txt").write_text("T\n20240102\nhttps://a.example/1\nAngela was there.\n")
    own = ("--config", "own.xml")
    made = annotate(
        "project", "create", "of spans", "--scheme", "entities", *own, home=tmp_path, env=env
    )
    push = ("push", "entities", "a.txt", "--project", "of spans", *own)
    pushed = annotate(*push, home=tmp_path, env=env)
    for ran in (made, pushed):
        assert ran.code == 0
        assert 'own.xml: does not fit the scheme entities: no <Labels name="entity">' in ran.err
    mapped = annotate(*push, "--map", "span=entity", home=tmp_path, env=env)
    assert (mapped.code, mapped.err) == (0, "")


@pytest.mark.studio
def test_a_title_acts_on_no_terminal(local_studio: LocalStudio, tmp_path: Path) -> None:
    env = {"LABEL_STUDIO_URL": local_studio.url, "LABEL_STUDIO_API_KEY": local_studio.api_key}
    title = "red \x1b[31m and\na line"
    for command in (("create", title, "--scheme", "entities"), ("list",), ("status", title)):
        ran = annotate("project", *command, home=tmp_path, env=env)
        assert ran.code == 0, ran.err
        assert "red ␛[31m and␊a line" in ran.out
        assert "\x1b" not in ran.out
