"""`python -m annotate`, and the program `annotate`.

Ctrl-C while the command line is still being imported ends it without a word, too.
"""

import sys


def main() -> None:
    """Run the command line."""
    if sys.platform == "win32":
        sys.exit("annotate: runs on Linux and macOS; on Windows use it in WSL")
    try:
        from annotate.cli import main as run

        run()
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
