"""Projects on the server under test, made and read over HTTP."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import httpx

CONFIGS = Path(__file__).resolve().parents[2] / "label_configs"


class Studio(Protocol):
    """What these tests use of the `local_studio` fixture."""

    url: str
    api_key: str
    username: str
    password: str


class Bench:
    """Projects on the server under test, each with one task, and what was submitted on it."""

    def __init__(self, studio: Studio) -> None:
        self._http = httpx.Client(
            base_url=studio.url,
            headers={"Authorization": f"Token {studio.api_key}"},
            timeout=60,
        )

    def close(self) -> None:
        self._http.close()

    def create(
        self, scheme: str, data: dict[str, Any], predictions: Sequence[dict[str, Any]] = ()
    ) -> tuple[int, int]:
        """Make a project with the shipped config and one task; return both ids."""
        config = (CONFIGS / f"{scheme}.xml").read_text(encoding="utf-8")
        body = {"title": f"browser test: {scheme}", "label_config": config}
        project = self._ask("POST", "/api/projects/", json=body)["id"]
        task = {"data": data, "predictions": list(predictions)}
        self._ask("POST", f"/api/projects/{project}/import", json=[task])
        tasks = self._ask("GET", "/api/tasks/", params={"project": project})["tasks"]
        assert len(tasks) == 1
        return project, tasks[0]["id"]

    def results(self, task: int) -> list[dict[str, Any]]:
        """Return the results of the one annotation submitted on the task."""
        annotations = self._ask("GET", f"/api/tasks/{task}/")["annotations"]
        assert len(annotations) == 1
        results: list[dict[str, Any]] = annotations[0]["result"]
        return results

    def delete(self, project: int) -> None:
        self._http.delete(f"/api/projects/{project}/").raise_for_status()

    def _ask(self, method: str, path: str, **kwargs: Any) -> Any:
        response = self._http.request(method, path, **kwargs)
        assert response.is_success, f"{method} {path}: {response.status_code} {response.text}"
        return response.json()
