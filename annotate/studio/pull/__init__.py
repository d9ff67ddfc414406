"""A project of a server -> one JSON file."""
