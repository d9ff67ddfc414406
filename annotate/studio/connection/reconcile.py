"""Send what must arrive once, over a line that may break: by the server's word, not the line's."""

from __future__ import annotations

import time
from collections.abc import Callable, Sized
from typing import TypeVar

from annotate.studio.connection import failures

T = TypeVar("T", bound=Sized)


def send_until_there(send: Callable[[T], object], left: Callable[[T], T], what: T) -> None:
    """Send `what`; after each break ask what is `left` of it, and send that.

    Raises the last `Passing` failure after about a minute of breaks.
    """
    for pause in failures.PAUSES:
        try:
            send(what)
        except failures.Passing as failure:
            if failure.never_sent:
                raise  # what had no effect was sent again already, as often as may be
            time.sleep(pause)
        else:
            return
        what = left(what)
        if not what:
            return
    send(what)
