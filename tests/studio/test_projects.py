"""Projects are made and found by title, label configs compared by their meaning."""

from __future__ import annotations

from pathlib import Path

import pytest

from annotate.errors import ConfigError, InputError, StateError
from annotate.studio import (
    LocalStudio,
    Project,
    Settings,
    create_project,
    find_project,
    list_projects,
    projects,
)
from annotate.studio.projects import canonical_config
from tests.command import annotate
from tests.studio.standin import stand_in

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


def test_a_title_that_is_no_text_is_named_and_not_the_server() -> None:
    with stand_in() as studio:
        with pytest.raises(InputError, match=r"not a title for a project: 'ab\\udcff'"):
            find_project(studio.server, "ab\udcff")
        assert not studio.asked


@pytest.mark.parametrize(
    "broken",
    ["", "<View>", "no xml", '<!DOCTYPE v [<!ENTITY a "b">]><View>&a;</View>'],
)
def test_unusable_config(broken: str) -> None:
    with pytest.raises(ConfigError):
        canonical_config(broken)


def test_what_a_stand_in_is_asked_for_a_new_project() -> None:
    settings = Settings(instruction="<p>Mark.</p>", overlap=3, sampling="uncertainty")
    with stand_in() as studio:
        for title in ("ab", "x" * 51, " abc", "abc "):
            with pytest.raises(InputError, match="use 3 to 50 characters"):
                create_project(studio.server, title=title, label_config=CONFIG)
        create_project(studio.server, title="abc", label_config=CONFIG)
        made = create_project(studio.server, title="x" * 50, label_config=CONFIG, settings=settings)
        with pytest.raises(StateError, match="a project 'abc' exists already"):
            create_project(studio.server, title="abc", label_config=CONFIG)
        plain, other = studio.sent("POST")
    url = f"{studio.server.url}/projects/2"
    assert made == Project(2, "x" * 50, CONFIG, tasks=0, overlap=3, url=url)
    assert plain == {
        "title": "abc",
        "label_config": CONFIG,
        "expert_instruction": "",
        "show_instruction": False,
        "maximum_annotations": 1,
        "sampling": "Sequential sampling",
    }
    assert other == {
        "title": "x" * 50,
        "label_config": CONFIG,
        "expert_instruction": "<p>Mark.</p>",
        "show_instruction": True,
        "maximum_annotations": 3,
        "sampling": "Uncertainty sampling",
    }


def test_projects_of_a_stand_in_are_found_on_any_page(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(projects, "_PAGE", 2)
    titles = ["twins", "twins, last", "Twins", "twins", "one"]
    with stand_in() as studio:
        numbers = [studio.add_project(title, CONFIG)["id"] for title in titles]
        studio.add_task(numbers[4], {"data": {"text": "Go"}})
        url = studio.server.url
        listed = list_projects(studio.server)
        assert [project.title for project in listed] == titles
        assert find_project(studio.server, "one") == listed[4]
        assert find_project(studio.server, "on") is None
        with pytest.raises(StateError, match=r"2 projects are called 'twins' \(numbers 1, 4\)"):
            find_project(studio.server, "twins")
        env = {"LABEL_STUDIO_URL": url, "LABEL_STUDIO_API_KEY": studio.server.api_key}
        ran = annotate("project", "list", "--json", home=tmp_path, env=env)
    assert ran.json[4] == {
        "id": 5,
        "title": "one",
        "tasks": 1,
        "overlap": 1,
        "url": f"{url}/projects/5",
    }


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
