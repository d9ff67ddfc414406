"""SOURCE arguments -> files, here or elsewhere, packed or not."""
