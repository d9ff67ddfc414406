"""Two versions -> what changed, in numbers and in words."""
