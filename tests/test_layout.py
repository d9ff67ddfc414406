"""The walls of the project: who may import whom, and what may lie where."""

from __future__ import annotations

import ast
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from pathspec import GitIgnoreSpec

_ROOT = Path(__file__).resolve().parent.parent
_PACKAGE = _ROOT / "annotate"
_LEAVES = {"models", "errors", "text", "files", "strict", "identity", "tokens"}
_STAGES = ["articles", "tasks", "studio", "annotations", "consensus", "dataset", "store"]
_END = {"formats", "report", "engine"}
_JOINING = {"cli", "pipeline", "demo", "__init__", "__main__"}


def _room(path: Path) -> str:
    return path.relative_to(_PACKAGE).parts[0].removesuffix(".py")


def _imported_rooms(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module]
            if node.module == "annotate":
                names = [f"annotate.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        found |= {name.split(".")[1] for name in names if name.startswith("annotate.")}
    return found


def _allowed(room: str) -> set[str]:
    if room in _LEAVES:
        return _LEAVES
    if room == "schemes":
        return _LEAVES | {"schemes"}
    if room in _STAGES:
        return _LEAVES | {"schemes"} | set(_STAGES[: _STAGES.index(room) + 1])
    if room in _END:
        return _LEAVES | {"schemes", room} | set(_STAGES)
    return _LEAVES | {"schemes"} | set(_STAGES) | _END | _JOINING


@pytest.mark.parametrize("path", sorted(_PACKAGE.rglob("*.py")), ids=lambda p: p.name)
def test_imports_go_one_way(path: Path) -> None:
    room = _room(path)
    assert room in _LEAVES | {"schemes"} | set(_STAGES) | _END | _JOINING, "an unknown room"
    assert _imported_rooms(path) <= _allowed(room)


def test_the_datasets_folder_holds_no_python() -> None:
    # with any module in it, `import datasets` in the checkout would find the folder
    assert not list((_ROOT / "datasets").rglob("*.py"))


def test_the_sdist_holds_the_package_and_no_data() -> None:
    hatch = tomllib.loads((_ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]
    # hatchling takes them as git does those of .gitignore: without a slash, at any depth
    wanted = GitIgnoreSpec.from_lines(hatch["targets"]["sdist"]["include"])
    shown = [path for path in _ROOT.iterdir() if not path.name.startswith(".")]
    files = [path for room in shown for path in (room, *room.rglob("*")) if path.is_file()]
    names = (path.relative_to(_ROOT).as_posix() for path in files)
    rooms = {name.split("/")[0] for name in wanted.match_files(names)}
    assert rooms == {
        *("annotate", "label_configs"),
        *("README.md", "CHANGELOG.md", "LICENSE", "pyproject.toml"),
    }


def test_the_oldest_clients_of_s3_take_what_they_are_given() -> None:
    extras = tomllib.loads((_ROOT / "pyproject.toml").read_text())["project"][
        "optional-dependencies"
    ]
    wanted = [Requirement(line) for extra in ("s3", "dev") for line in extras[extra]]
    # the first whose `cat_file` takes `max_concurrency` is 2026.3.0, and `socket_factory` 3.1.0
    for name, older in {"s3fs": "2026.2.0", "aiobotocore": "3.0.0"}.items():
        found = [one.specifier for one in wanted if one.name == name]
        assert [one.contains(older) for one in found] == [False, False]


def test_a_fourth_scheme_needs_no_edit_elsewhere() -> None:
    for path in _PACKAGE.rglob("*.py"):
        if _room(path) in {"schemes", "demo"}:
            continue
        source = path.read_text(encoding="utf-8")
        modules = [f"annotate.schemes.{name}" for name in ("entities", "stance", "claims")]
        assert not [m for m in modules if m in source], path


def test_the_error_tree_is_the_one_drawn() -> None:
    from annotate import errors

    drawn = errors.__doc__ or ""
    classes = [c for c in vars(errors).values() if isinstance(c, type)]
    for cls in classes:
        line = next(line for line in drawn.splitlines() if cls.__name__ in line)
        above = drawn[: drawn.index(line)].splitlines()
        depth = line.index(cls.__name__)
        parents = [
            item
            for item in reversed(above)
            for c in classes
            if c.__name__ in item and item.index(c.__name__) < depth and c in cls.__mro__
        ]
        if cls is not errors.AnnotateError:
            assert cls.__base__ is not None
            assert cls.__base__.__name__ in parents[0]
