"""Gathered tasks and the versions before -> the next version of a dataset."""
