"""The local server: installed, started, found, stopped, backed up; its users."""
