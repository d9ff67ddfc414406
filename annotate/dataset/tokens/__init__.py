"""Gold rows -> tokens with BIO tags."""
