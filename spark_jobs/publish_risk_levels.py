"""``python spark_jobs/publish_risk_levels.py``: tell the stream the users' risk levels, as dated facts.

Each scored application says its user's level for the events after it; where nobody's rule reads
``user_risk_level`` nothing is said. It needs no Spark session.
"""

from __future__ import annotations

import hashlib
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from psycopg2.extras import execute_values

from contract.names import FACTS_TOPIC
from contract.settings import Settings, load_settings
from rules.catalog import catalog_folder
from rules.expressions import RiskLevelValue
from rules.facts import Fact, UserRiskLevel
from spark_jobs.exit_status import exit_status
from spark_jobs.progress import Progress
from spark_jobs.runs import Counts, Run, run
from storage.facts import publish_facts
from storage.postgres import Connection, connect_batch, require_migrated, transaction

JOB = "publish_risk_levels"
LEVELS_A_RUN = 100_000

_IS_READ_SQL = """
SELECT EXISTS (
    SELECT FROM warehouse.rule_facts WHERE kind = 'rule' AND document ->> 'text' LIKE '%user\\_risk\\_level%')
"""
_UNSAID_SQL = """
SELECT scored.application_id, scored.user_id, scored.risk_level, scored.policy_version,
    (extract(epoch FROM scored.event_time) * 1000)::bigint
FROM warehouse.credit_scores AS scored
LEFT JOIN warehouse.published_risk_levels AS said USING (application_id)
WHERE (said.risk_level, said.policy_version) IS DISTINCT FROM (scored.risk_level, scored.policy_version)
ORDER BY scored.event_time, scored.append_time, scored.partition, scored."offset"
LIMIT %s
"""
_SAID_SQL = """
INSERT INTO warehouse.published_risk_levels
    (application_id, user_id, risk_level, policy_version, fact_id, batch_id)
VALUES %s
ON CONFLICT (application_id) DO UPDATE SET
    risk_level = excluded.risk_level, policy_version = excluded.policy_version,
    fact_id = excluded.fact_id, batch_id = excluded.batch_id
"""


@dataclass(frozen=True)
class _Level:
    """The risk level of one scored application."""

    application_id: str
    user_id: str
    risk_level: str
    policy_version: int
    event_time_ms: int

    @property
    def fact_id(self) -> str:
        """The same whenever it is said, so that saying it twice says nothing more."""
        content = f"{self.policy_version}\n{self.risk_level}\n{self.application_id}"
        return f"risk:{hashlib.sha256(content.encode()).hexdigest()[:40]}"

    def fact(self, now_ms: int) -> Fact:
        """An application is decided before its own level is known, so the level begins after it."""
        statement = UserRiskLevel(self.user_id, self.risk_level)
        comment = f"policy version {self.policy_version}"
        return Fact(self.fact_id, statement, self.event_time_ms + 1, None, JOB, now_ms, comment)


def is_read(connection: Connection, catalog: Path) -> bool:
    """Whether a rule of the catalog, or one that was deployed, reads ``user_risk_level``."""
    name = RiskLevelValue().name
    if any(name in file.read_text(encoding="utf-8") for file in catalog.glob("*.yaml")):
        return True
    with transaction(connection) as cursor:
        cursor.execute(_IS_READ_SQL)
        return cursor.fetchone() == (True,)


def publish_risk_levels(settings: Settings, connection: Connection, *, wait: bool = False) -> int:
    """Publish the levels that the topic does not have yet; return how many.

    Raises:
        RunError: another run is going on.
        SettingsError: the brokers do not answer, or the topic is absent.
    """
    if not is_read(connection, catalog_folder(settings)):
        return 0
    published = 0
    while some := _publish_some(settings, connection, wait=wait):
        published += some
        if some < LEVELS_A_RUN:
            break
    return published


def _publish_some(settings: Settings, connection: Connection, *, wait: bool) -> int:
    with run(connection, JOB, wait=wait) as current:
        with transaction(connection) as cursor:
            cursor.execute(_UNSAID_SQL, (LEVELS_A_RUN,))
            levels = [_Level(*row) for row in cursor.fetchall()]
        if levels:
            current.start(source="warehouse.credit_scores", target=FACTS_TOPIC)
            now_ms = int(time.time() * 1000)
            publish_facts(settings, [level.fact(now_ms) for level in levels])
            _record(current, levels)
    return len(levels)


def _record(current: Run, levels: Sequence[_Level]) -> None:
    with current.commit() as (cursor, result):
        rows = [
            (
                *(level.application_id, level.user_id, level.risk_level, level.policy_version),
                *(level.fact_id, current.batch_id),
            )
            for level in levels
        ]
        execute_values(cursor, _SAID_SQL, rows, page_size=5_000)
        result.counts = Counts(rows_written=len(levels))


def main() -> int:
    """Publish what is new; return the exit status."""
    return exit_status(_publish)


def _publish() -> None:
    progress, settings = Progress(JOB), load_settings()
    settings.require("kafka_bootstrap_servers")
    with closing(connect_batch(settings, "tandem-publish-risk-levels")) as connection:
        require_migrated(connection)
        published = publish_risk_levels(settings, connection)
    progress.say(f"{published:,} risk levels are new on {FACTS_TOPIC}")


if __name__ == "__main__":
    sys.exit(main())
