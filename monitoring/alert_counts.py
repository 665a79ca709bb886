"""Alerts by rule and status, asked of MongoDB."""

from __future__ import annotations

from pymongo import MongoClient
from pymongo.errors import PyMongoError

from contract.names import ALERTS_COLLECTION, UNDELIVERED_COLLECTION
from monitoring.source import Sample, SourceError
from storage.mongo import Document

COUNTING_MS_MAX = 120_000
"""A count that is given up goes on in the server, and the next one comes on top of it."""

BY_RULE_AND_STATUS: list[Document] = [
    {"$group": {"_id": {"rule": "$rule_id", "status": "$status"}, "alerts": {"$sum": 1}}}
]


class AlertCounts:
    """Counts the documents of the alert store; reads no evidence and no event."""

    def __init__(self, client: MongoClient[Document], database: str) -> None:
        self._alerts = client[database][ALERTS_COLLECTION]
        self._undelivered = client[database][UNDELIVERED_COLLECTION]

    def read(self) -> list[Sample]:
        """One sample a rule and status, and one for what MongoDB refused.

        Raises:
            SourceError: MongoDB did not answer in time.
        """
        try:
            groups = list(self._alerts.aggregate(BY_RULE_AND_STATUS, maxTimeMS=COUNTING_MS_MAX))
            undelivered = self._undelivered.estimated_document_count()
        except PyMongoError as error:
            raise SourceError(f"MongoDB: {type(error).__name__}") from None
        return [
            Sample("tandem_undelivered_alerts", (), undelivered),
            *(
                Sample("tandem_alerts", (group["_id"]["rule"], group["_id"]["status"]), group["alerts"])
                for group in groups
            ),
        ]
