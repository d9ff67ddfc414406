"""Texts -> which of them are the same or nearly the same story."""
