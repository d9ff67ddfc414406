"""`python -m tests.studio.pusher URL TITLE COUNT`: pushes tasks; a process that can be killed.

The key comes from LABEL_STUDIO_API_KEY. Batches are small, so that there is much to break.
"""

from __future__ import annotations

import os
import sys

from annotate.identity import digest, unit_key
from annotate.models import Suggestion, Task
from annotate.studio import Server, push_tasks
from annotate.studio.push import tasks as push

CONFIG = """<View>
  <Labels name="entity" toName="text"><Label value="PER"/><Label value="ORG"/></Labels>
  <Text name="text" value="$text"/>
</View>"""


def numbered_task(number: int, text: str = "", *, suggested: bool = False) -> Task:
    """Task `number` of a made-up collection, one article each."""
    text = text or f"Angela was there {number} times 😀."
    article = digest("article", number)
    key = unit_key(article=article, start=0, text=text, scheme="entities")
    data: dict[str, str | int | None] = {
        "text": text,
        "title": f"Article {number}",
        "article_id": article,
        "unit": "article",
        "unit_start": 0,
        "unit_key": key,
        "group": article,
    }
    value = {"start": 0, "end": 6, "text": "Angela", "labels": ["PER"]}
    region = {"id": "r", "from_name": "entity", "to_name": "text", "type": "labels", "value": value}
    suggestion = Suggestion(model_version="rules", score=0.5, result=[region])
    return Task(data=data, predictions=[suggestion] if suggested else [])


def main(url: str, title: str, count: str, batch: str = "20") -> None:
    push._BATCH_TASKS = int(batch)
    push_tasks(
        Server(url=url, api_key=os.environ["LABEL_STUDIO_API_KEY"]),
        [numbered_task(number) for number in range(int(count))],
        project=title,
        label_config=CONFIG,
        on_progress=lambda _: None,
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
