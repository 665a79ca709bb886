"""Spark's configuration for this stack, so that a plain `spark-submit` works."""

from __future__ import annotations

from pathlib import Path

from stack.folder import JARS, StackFolder

SETTINGS = {
    "spark.master": "local[*]",
    "spark.driver.memory": "3g",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.session.timeZone": "UTC",
}


def write_spark_conf(folder: StackFolder) -> Path:
    """Write `spark-defaults.conf` with the jars that the jobs need; returns its folder."""
    conf = folder.data("spark") / "conf"
    conf.mkdir(parents=True, exist_ok=True)
    jars = [*sorted(JARS.glob("spark/*.jar")), JARS / "tandem" / "tandem.jar"]
    settings = {**SETTINGS, "spark.jars": ",".join(str(jar) for jar in jars)}
    lines = [f"{name} {value}\n" for name, value in settings.items()]
    (conf / "spark-defaults.conf").write_text("".join(lines))
    return conf
