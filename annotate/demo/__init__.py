"""The whole way on the project's seeds, with a real Label Studio."""
