"""The records of a task -> one gold record, by a policy."""
