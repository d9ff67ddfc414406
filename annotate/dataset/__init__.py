"""Gold and annotations -> rows, Parquet files and the card of a version."""
