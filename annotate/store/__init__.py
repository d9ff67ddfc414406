"""Versions of datasets on disk: the log, the objects, the commit, the diff."""
