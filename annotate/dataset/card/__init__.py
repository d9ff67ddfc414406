"""What a version says of itself to readers: README, CITATION.cff, Croissant, its agreement."""
