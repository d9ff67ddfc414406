"""What is exported and imported goes into a real Label Studio and comes back the same."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from annotate.formats import load_format
from annotate.formats.export import export_table
from annotate.pipeline import find_config
from annotate.studio import LocalStudio, connect, create_project, pull_project
from tests.formats.making import gold_table, import_files, meanings
from tests.formats.test_brat import corpus

pytestmark = pytest.mark.studio


def test_imported_work_and_gold_go_through_a_server(
    local_studio: LocalStudio, tmp_path: Path
) -> None:
    import_files("brat", corpus(tmp_path / "corpus"), tmp_path / "brat.json", "claims")
    before = gold_table(tmp_path / "brat.json", "claims")
    export_table(before, load_format("label-studio"), tmp_path / "gold.json")
    for name in ("brat", "gold"):
        title = f"formats {name}"
        project = create_project(
            local_studio.server,
            title=title,
            label_config=find_config("claims", None).xml,
        )
        with connect(local_studio.server) as studio:
            tasks = json.loads((tmp_path / f"{name}.json").read_text(encoding="utf-8"))
            studio.post(f"/api/projects/{project.id}/import", tasks)
        back = tmp_path / f"{name}-back.json"
        pull_project(local_studio.server, project=title, path=back, on_progress=lambda _: None)
        assert meanings(gold_table(back, "claims")) == meanings(before)
        stored = [a for item in json.loads(back.read_bytes()) for a in item["annotations"]]
        assert len(stored) == 2
        assert {a["ground_truth"] for a in stored} == {name == "gold"}
