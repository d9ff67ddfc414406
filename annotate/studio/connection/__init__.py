"""A server's address and key -> JSON in and out, whatever fails on the way."""
