"""Each performance figure of the README, as a command."""
