"""Label Studio: a local server, and any server's projects filled and read.

Importing this package is cheap: what speaks HTTP is imported when a connection
is opened.
"""

from annotate.studio.connection.client import Studio, connect
from annotate.studio.connection.server import Server
from annotate.studio.find import find_server
from annotate.studio.local.people import make_annotator
from annotate.studio.local.run import LocalStudio, local_status, start_local, stop_local
from annotate.studio.projects import Project, Settings, create_project, find_project, list_projects
from annotate.studio.pull.project import PullResult, pull_project
from annotate.studio.push.tasks import PushResult, push_tasks
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
