"""Where the local Label Studio keeps its parts.

The installation and the migrated database are made once and lie in the user's
cache; annotations lie in the data folder; what runs now, and the log, in the
state folder. On Linux the XDG variables move each of them.
"""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

VERSION = "1.23.2"


def private_folder(path: Path) -> Path:
    """Make `path`, readable by its owner alone where it is new, and return it."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def cache_folder() -> Path:
    """Folder of the installations and of the migrated databases."""
    return private_folder(platformdirs.user_cache_path("annotate"))


def installation() -> Path:
    """Folder of the environment with Label Studio; not made here."""
    return platformdirs.user_cache_path("annotate") / f"label-studio-{VERSION}"


def state_folder() -> Path:
    """Folder of the state file, the lock and the logs."""
    return private_folder(platformdirs.user_state_path("annotate"))


def state_file() -> Path:
    """What says which server runs; no folder is made for whoever looks whether it is there."""
    return platformdirs.user_state_path("annotate") / "studio.json"


def data_folder() -> Path:
    """The data folder that is used when none is named; not made here."""
    return platformdirs.user_data_path("annotate") / "studio"


def log_file() -> Path:
    """Log of the local server; begun anew at each start."""
    return state_folder() / "studio.log"


def server_environment() -> dict[str, str]:
    """Environment of every Label Studio process that is started here.

    Made from nothing: Label Studio reads HOST, USERNAME, PASSWORD, DEBUG and
    many more from variables without a prefix, and a key for another server must
    not reach this one.
    """
    kept = ("PATH", "HOME", "USER", "LOGNAME", "LANG", "TZ", "TMPDIR", "SYSTEMROOT")
    given = {name: os.environ[name] for name in kept if name in os.environ}
    return given | {
        "LC_ALL": "C.UTF-8",
        "LABEL_STUDIO_LATEST_VERSION_CHECK": "0",
        "LABEL_STUDIO_COLLECT_ANALYTICS": "0",
        "LABEL_STUDIO_SENTRY_DSN": "",
        "LABEL_STUDIO_FRONTEND_SENTRY_DSN": "",
        "LABEL_STUDIO_DISABLE_SIGNUP_WITHOUT_LINK": "true",
        # a page from elsewhere in the same browser must not read the answers
        "LABEL_STUDIO_ALLOWED_HOSTS": "127.0.0.1,localhost",
        "LABEL_STUDIO_CORS_ALLOW_ALL_ORIGINS": "false",
    }
