"""Shards of work -> their results, in this process, in several, or on a Dask cluster.

The unit of work is *shard in -> shard out*: a function of a module that reads
one fragment, writes one, and returns a small value, all of which can be
pickled. A shard may run twice, since a worker can die after it has written. So
a shard function writes to a temporary name, renames the file to a name made of
its content, and does nothing else that lasts: the second time changes nothing.
"""

from __future__ import annotations

from annotate.engine.open import ENGINES, EngineName, open_engine
from annotate.engine.run import Engine

__all__ = ["ENGINES", "Engine", "EngineName", "open_engine"]
