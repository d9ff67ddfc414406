"""Rows without their texts, and with them again."""
