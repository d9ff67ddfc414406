"""What keeps a store whole: it is verified, repaired, and cleared of what nobody needs."""
