"""``python -m risk_models``."""

import sys

try:
    from risk_models.cli import main
except ModuleNotFoundError as error:
    sys.stderr.write(f"error: {error.name} is not installed: run `make models`\n")
    sys.exit(2)

if __name__ == "__main__":
    main()
