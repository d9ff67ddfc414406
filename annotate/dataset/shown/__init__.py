"""Rows and spans -> what a person sees of them: drawings and words in context."""
