"""Rows as Arrow tables and Parquet files, and the hashes of them."""
