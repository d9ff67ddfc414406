"""A version -> the same without its texts, and with them again."""
