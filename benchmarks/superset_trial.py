"""Tries the Superset export in a real Superset: import, every chart's query, and the dashboard in a browser.

``make superset`` runs it with Superset's own Python, for it stands in an environment apart; it needs the
address of a filled warehouse (POSTGRES_BI_DSN) and, for the picture, Chromium with its driver.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

USER, PASSWORD = "trial", "trial"
DATABASE = "Tandem"
NO_ROWS = "no rows: charts over months need events of some months, see docs/bi.md"
SLUG = "tandem"
STARTUP_S_MAX = 180
CHARTS_S_MAX = 120
DRAWING_S = 4.0
"""Charts grow into their shape when their data is there."""
WIDTH, HEIGHT = 1500, 2450
CONFIG = """
SECRET_KEY = "{secret}"
SQLALCHEMY_DATABASE_URI = "sqlite:///{folder}/superset.db"
WTF_CSRF_ENABLED = False
TALISMAN_ENABLED = False
"""


class TrialError(Exception):
    """Something that the export promises does not hold; the text says what."""


def main() -> int:
    """Run the trial; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("export", type=Path, help="ZIP written by `python -m bi`")
    parser.add_argument("--picture", type=Path, help="where to put the dashboard's picture")
    options = parser.parse_args()
    dsn = os.environ.get("POSTGRES_BI_DSN")
    if not dsn:
        sys.stderr.write("error: POSTGRES_BI_DSN is not set: run `make up` and source .stack/env\n")
        return 2
    try:
        with tempfile.TemporaryDirectory(prefix="tandem-superset-") as folder:
            _try(options.export, options.picture, dsn, Path(folder))
    except TrialError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    return 0


def _try(export: Path, picture: Path | None, dsn: str, folder: Path) -> None:
    config = folder / "superset_config.py"
    config.write_text(CONFIG.format(secret=os.urandom(24).hex(), folder=folder), encoding="utf-8")
    environment = {
        **os.environ,
        "SUPERSET_CONFIG_PATH": str(config),
        "FLASK_APP": "superset.app:create_app()",
    }
    _superset(environment, "db", "upgrade")
    _superset(environment, "fab", "create-admin", "--username", USER, "--firstname", "T", "--lastname", "T",
              "--email", "trial@localhost", "--password", PASSWORD)  # fmt: skip
    _superset(environment, "init")
    _superset(environment, "import-dashboards", "--path", str(export), "--username", USER)
    _superset(environment, "set-database-uri", "--database_name", DATABASE, "--uri", _sqlalchemy(dsn))
    with _server(environment, folder) as address:
        failed = list(_query_charts(address))
        if failed:
            raise TrialError(f"{len(failed)} charts have no answer: {'; '.join(failed)}")
        if picture:
            _take_picture(address, picture)


def _sqlalchemy(dsn: str) -> str:
    return dsn.replace("postgresql://", "postgresql+psycopg2://", 1)


def _superset(environment: Mapping[str, str], *arguments: str) -> None:
    program = str(Path(sys.executable).with_name("superset"))
    done = subprocess.run(
        [program, *arguments], env=dict(environment), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise TrialError(f"superset {arguments[0]}: status {done.returncode}\n{done.stderr[-2000:]}")
    print(f"superset {' '.join(arguments[:2])}: done")


@contextmanager
def _server(environment: Mapping[str, str], folder: Path) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        str(Path(sys.executable).with_name("gunicorn")), "--bind", f"127.0.0.1:{port}", "--workers", "1",
        "--threads", "8", "--timeout", "120", "superset.app:create_app()",
    ]  # fmt: skip
    address = f"http://127.0.0.1:{port}"
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(command, env=dict(environment), stdout=log, stderr=log)
        try:
            _wait_until_up(address, process)
            yield address
        finally:
            process.terminate()
            process.wait(30)


def _wait_until_up(address: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + STARTUP_S_MAX
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise TrialError(f"the server ended with status {process.returncode}")
        try:
            with urllib.request.urlopen(f"{address}/health", timeout=5) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(1)
    raise TrialError(f"the server did not answer within {STARTUP_S_MAX} s")


def _query_charts(address: str) -> Iterator[str]:
    """Run the stored query of every chart; give a line for each one that fails or has no rows."""
    login = {"username": USER, "password": PASSWORD, "provider": "db", "refresh": False}
    token = _ask(f"{address}/api/v1/security/login", None, login)["access_token"]
    charts = _ask(f"{address}/api/v1/chart/?q=(page_size:100)", token)["result"]
    for chart in sorted(charts, key=lambda found: str(found["slice_name"])):
        started = time.monotonic()
        try:
            (result,) = _ask(f"{address}/api/v1/chart/{chart['id']}/data/", token)["result"]
        except urllib.error.HTTPError as error:
            yield f"{chart['slice_name']}: {error} {error.read().decode()[:300]}"
            continue
        seconds = time.monotonic() - started
        print(f"{chart['slice_name']:<36}{result['rowcount']:>8} rows {seconds:8.2f} s")
        if result.get("error") or not result["rowcount"]:
            yield f"{chart['slice_name']}: {result.get('error') or NO_ROWS}"


def _ask(url: str, token: str | None, body: Mapping[str, Any] | None = None) -> Any:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    if body:
        headers["Content-Type"] = "application/json"
    data = json.dumps(body).encode() if body else None
    with urllib.request.urlopen(urllib.request.Request(url, data, headers), timeout=120) as answer:
        return json.load(answer)


def _take_picture(address: str, picture: Path) -> None:
    """Open the dashboard in Chromium, wait until no chart is loading, and keep what is to be seen."""
    from selenium import webdriver
    from selenium.webdriver.common.by import By

    options = webdriver.ChromeOptions()
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", f"--window-size={WIDTH},{HEIGHT}"):
        options.add_argument(argument)
    options.binary_location = "/usr/bin/chromium"
    with webdriver.Chrome(options, webdriver.ChromeService("/usr/bin/chromedriver")) as browser:
        browser.get(f"{address}/login/")
        _log_in(browser)
        browser.get(f"{address}/superset/dashboard/{SLUG}/?standalone=1")
        deadline = time.monotonic() + CHARTS_S_MAX
        while time.monotonic() < deadline:
            time.sleep(3)
            shown = browser.find_elements(By.CSS_SELECTOR, "[data-test='slice-container']")
            waiting = browser.find_elements(By.CSS_SELECTOR, "[data-test='loading-indicator'], .loading")
            if shown and not waiting:
                break
        time.sleep(DRAWING_S)
        errors = browser.find_elements(By.CSS_SELECTOR, "[role='alert']")
        browser.save_screenshot(str(picture))
        if errors:
            raise TrialError(f"the dashboard shows {len(errors)} errors: {errors[0].text[:300]}")
        print(f"{len(shown)} charts shown, picture in {picture}")


def _log_in(browser: Any) -> None:
    from selenium.webdriver.common.by import By

    deadline = time.monotonic() + CHARTS_S_MAX
    while time.monotonic() < deadline:
        fields = browser.find_elements(By.ID, "username")
        if fields:
            fields[0].send_keys(USER)
            browser.find_element(By.ID, "password").send_keys(PASSWORD)
            browser.find_element(By.CSS_SELECTOR, "[type='submit']").click()
            time.sleep(5)
            return
        time.sleep(1)
    raise TrialError("the page of the login has no field for the user")


if __name__ == "__main__":
    sys.exit(main())
