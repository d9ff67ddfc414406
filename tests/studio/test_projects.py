"""Label configs are compared by their meaning."""

from __future__ import annotations

import pytest

from annotate.errors import ConfigError
from annotate.studio.projects import canonical_config

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
