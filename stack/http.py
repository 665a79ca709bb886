"""HTTP requests to the engines."""

from __future__ import annotations

import urllib.request

TIMEOUT_S = 5


def send(url: str, method: str = "GET", body: bytes | None = None) -> bytes:
    """Send a request and return the answer's body. Settings hold that addresses are http or https."""
    headers = {"Content-Type": "application/json"} if body else {}
    request = urllib.request.Request(url, data=body, headers=headers, method=method)  # noqa: S310
    with urllib.request.urlopen(request, timeout=TIMEOUT_S) as response:  # noqa: S310
        answer: bytes = response.read()
    return answer
