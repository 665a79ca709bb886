"""What the stores hold about one alert: the alert, the verdicts of the batch."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pymongo.errors import PyMongoError

from contract.names import ALERTS_COLLECTION, SHADOW_ALERTS_COLLECTION
from contract.settings import Settings, SettingsError
from storage import mongo
from storage.postgres import Connection, transaction

_VERDICTS_SQL = """
SELECT h.judged_at, h.verdict, h.reason, CASE WHEN h.batch_id = r.batch_id THEN r.detail END, h.batch_id
FROM warehouse.alert_reconciliation_history h
JOIN warehouse.alert_reconciliation r USING (alert_id)
WHERE alert_id = %s ORDER BY h.judged_at
"""


@dataclass(frozen=True)
class Verdict:
    """A verdict that a run gave an alert; ``detail`` is the proof, told of the one in force alone."""

    judged_at: datetime
    verdict: str
    reason: str | None
    detail: str | None
    batch_id: str


def find_alert(settings: Settings, alert_id: str) -> dict[str, Any] | None:
    """Return the document of an alert, analysts' or shadow; None where there is none.

    Raises:
        SettingsError: MongoDB does not answer.
    """
    with mongo.connect(settings) as client:
        database = client[settings.mongo_database]
        try:
            for collection in (ALERTS_COLLECTION, SHADOW_ALERTS_COLLECTION):
                if (found := database[collection].find_one({"_id": alert_id})) is not None:
                    return {**found, "collection": collection}
        except PyMongoError as error:
            where = mongo.describe(settings)
            raise SettingsError(f"MONGO_URI={where}: {type(error).__name__}: expected a MongoDB") from None
    return None


def verdicts(connection: Connection, alert_id: str) -> list[Verdict]:
    """Return the verdicts, the earliest first; the last one is in force."""
    with transaction(connection) as cursor:
        cursor.execute(_VERDICTS_SQL, (alert_id,))
        return [Verdict(*row) for row in cursor.fetchall()]
