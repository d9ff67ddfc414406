"""Label Studio: a local server, and any server's projects filled and read.

Importing this package is cheap: what speaks HTTP is imported when a connection
is opened.
"""

from annotate.studio.client import Studio, connect, find_server
from annotate.studio.local import LocalStudio, local_status, start_local, stop_local
from annotate.studio.people import make_annotator
from annotate.studio.projects import Project, Settings, create_project, find_project, list_projects
from annotate.studio.pull import PullResult, pull_project
from annotate.studio.push import PushResult, push_tasks
from annotate.studio.server import Server
from annotate.studio.submit import submit_annotation, update_annotation

__all__ = [
    "LocalStudio",
    "Project",
    "PullResult",
    "PushResult",
    "Server",
    "Settings",
    "Studio",
    "connect",
    "create_project",
    "find_project",
    "find_server",
    "list_projects",
    "local_status",
    "make_annotator",
    "pull_project",
    "push_tasks",
    "start_local",
    "stop_local",
    "submit_annotation",
    "update_annotation",
]
