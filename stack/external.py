"""Real servers that the environment names: asked once, before anything is started."""

from __future__ import annotations

import re

from stack.engine import Engine
from stack.errors import StackError

_LOGIN = re.compile(r"//[^/@\s]*@")


def check_external(engine: Engine, address: str) -> str:
    """Ask a real server for its version.

    Raises:
        StackError: it does not answer; one line with the setting and what was tried, without the login.
    """
    try:
        return engine.ask_external(address)
    except Exception as error:  # whatever the client raises means: it does not answer
        tried = _LOGIN.sub("//", address)
        said = _LOGIN.sub("//", " ".join(str(error).split()))[:160]
        raise StackError(
            f"{engine.setting}: no {engine.title} answers at {tried} ({type(error).__name__}: {said}); "
            f"start it, correct the setting, or unset it to use the embedded one"
        ) from None
