"""Every error that a person may meet.

    AnnotateError                 exit code 1: the input or the state is at fault
    ├── InputError                a file, record or option value that cannot be used
    │   ├── ArticleError          an article that cannot be read
    │   ├── ConfigError           a label config that cannot be used
    │   ├── ExportError           a Label Studio export that cannot be read
    │   └── UsageError            exit code 2: a command given too little, or what it does not take
    ├── StateError                a store, project or server in a state that forbids the step
    │   ├── EngineError           a shard at which workers die
    │   ├── VersionError          a version that is missing, exists or would not differ
    │   └── RejectsError          more annotations set aside than allowed
    └── Unreachable               exit code 3: a server or store that does not answer

An error takes the parts of its message, so that no caller writes the sentence
itself: where it happened, what is wrong, what to do. What a person needs to see
beside it is a note (`add_note`), shown before it.
"""

from __future__ import annotations


class AnnotateError(Exception):
    """Base of all errors shown to the person without a traceback.

    Message: `WHERE: what is wrong; what to do`.
    """

    exit_code = 1

    def __init__(self, what: str, *, where: str = "", do: str = "") -> None:
        self.what = what
        self.where = where
        self.do = do
        super().__init__(what)

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        advice = f"; {self.do}" if self.do else ""
        return f"{place}{self.what}{advice}"


class InputError(AnnotateError):
    """A file, record or option value that cannot be used."""


class ArticleError(InputError):
    """An article that cannot be read; `where` names file and record."""


class ConfigError(InputError):
    """A label config that cannot be used; `what` lists everything wrong at once."""


class ExportError(InputError):
    """A Label Studio export that cannot be read."""


class UsageError(InputError):
    """A command that is given too little, or something that it does not take."""

    exit_code = 2


class StateError(AnnotateError):
    """A store, project or server in a state that forbids the step."""


class EngineError(StateError):
    """A shard that no worker lives through; `where` names it."""


class VersionError(StateError):
    """A version that is missing, exists already, or would not differ from its parent."""


class RejectsError(StateError):
    """More annotations were set aside than `--max-rejects` allows."""


class Unreachable(AnnotateError):  # noqa: N818
    """A server or store that does not answer."""

    exit_code = 3
