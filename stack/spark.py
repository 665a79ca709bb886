"""Spark's configuration for this stack, so that a plain `spark-submit` works, and logs into a file."""

from __future__ import annotations

import sys
from pathlib import Path

from stack.folder import JARS, StackFolder

LOGGING = """\
rootLogger.level = warn
rootLogger.appenderRef.file.ref = file
appender.file.type = File
appender.file.name = file
appender.file.fileName = {log}
appender.file.layout.type = PatternLayout
appender.file.layout.pattern = %d{{ISO8601}} %p %c{{1}}: %m%n%ex
"""
# A run lives for a minute or two: at the JVM's own thresholds two fifths of its processor time went
# into compiling planner and generated code a second time. Only what is truly hot is worth it.
JVM_OPTIONS = " ".join(
    (
        "-XX:+UseParallelGC",
        "-XX:Tier4InvocationThreshold=200000",
        "-XX:Tier4MinInvocationThreshold=60000",
        "-XX:Tier4CompileThreshold=1000000",
        "-XX:Tier4BackEdgeThreshold=2000000",
    )
)
SETTINGS = {
    "spark.master": "local[*]",
    "spark.driver.memory": "3g",
    "spark.driver.defaultJavaOptions": JVM_OPTIONS,
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
    settings = {
        **SETTINGS,
        "spark.pyspark.python": sys.executable,
        "spark.jars": ",".join(str(jar) for jar in jars),
    }
    lines = [f"{name} {value}\n" for name, value in settings.items()]
    (conf / "spark-defaults.conf").write_text("".join(lines))
    (conf / "log4j2.properties").write_text(LOGGING.format(log=folder.log("spark")))
    return conf
