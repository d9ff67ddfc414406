"""Tasks -> a project of a server, each once."""
