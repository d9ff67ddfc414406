"""A dataset in a store -> a repository on the Hub, and back."""
