"""Entry point: ``python -m cli``, or the script ``tandem``."""

from cli.application import main

if __name__ == "__main__":
    main()
