"""Label Studio JSON -> checked records of every annotator, and the ledger."""
