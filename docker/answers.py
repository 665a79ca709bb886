"""``python docker/answers.py URL``: exit 0 when the address answers with 200; the images carry no curl."""

from __future__ import annotations

import sys
from urllib.error import URLError
from urllib.request import urlopen

if __name__ == "__main__":
    try:
        with urlopen(sys.argv[1], timeout=4) as answer:  # noqa: S310 - the address stands in the compose file
            sys.exit(answer.status != 200)
    except (URLError, OSError) as error:
        sys.exit(f"{sys.argv[1]}: {error}")
