"""`python -m annotate`, and the program `annotate`.

Ctrl-C while the command line is still being imported ends it without a word, too.
"""

import sys


def main() -> None:
    """Run the command line."""
    try:
        from annotate.cli import main as run

        run()
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
