"""A file -> its articles, one reader an ending."""
