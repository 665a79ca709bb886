"""Entry point: errors that a person can mend are one line, without a traceback."""

from __future__ import annotations

import sys

from contract.settings import SettingsError
from ingestion.cli import app
from ingestion.errors import DeliveryError, InputFileError, OptionsError


def main() -> None:
    """Run a command; exit 2 when options, settings or files are wrong, 1 when Kafka did not take all."""
    try:
        app()
    except (SettingsError, OptionsError, InputFileError) as error:
        sys.exit(_report(error, 2))
    except DeliveryError as error:
        sys.exit(_report(error, 1))


def _report(error: Exception, code: int) -> int:
    print(f"error: {error}", file=sys.stderr)  # noqa: T201
    return code


if __name__ == "__main__":
    main()
