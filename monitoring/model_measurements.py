"""How the risk models in force keep, asked of the warehouse."""

from __future__ import annotations

from collections.abc import Iterator

from monitoring.source import Sample
from monitoring.warehouse_counts import Warehouse

IN_FORCE_SQL = """
SELECT DISTINCT ON (model_name) model_name, model_version
FROM warehouse.risk_model_promotions ORDER BY model_name, promotion_number DESC
"""
USES_SQL = """
SELECT DISTINCT ON (model_name) model_name, note IS NOT NULL
FROM warehouse.model_uses JOIN warehouse.batch_runs USING (batch_id) ORDER BY model_name, run_number DESC
"""
MEASURED_SQL = """
SELECT measured.model_name, measured.model_version, measure, subject, value
FROM warehouse.model_measurements AS measured
JOIN (
    SELECT DISTINCT ON (model_name) model_name, batch_id
    FROM (SELECT DISTINCT model_name, batch_id FROM warehouse.model_measurements) AS runs
    JOIN warehouse.batch_runs USING (batch_id) ORDER BY model_name, run_number DESC
) AS newest USING (model_name, batch_id)
WHERE measure IN ('auc', 'psi', 'approved_ratio')
"""


class ModelMeasurements:
    """Reads what is in force, what the newest scoring used, and the newest measurements."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse

    def read(self) -> list[Sample]:
        """Return the samples; of a version that is no longer in force there are none.

        Raises:
            SourceError: PostgreSQL did not answer in time.
        """
        in_force = {model: str(version) for model, version in self._warehouse.ask(IN_FORCE_SQL) if version}
        return [*self._uses(), *self._in_force(in_force), *self._measured(in_force)]

    def _uses(self) -> Iterator[Sample]:
        for model, alone in self._warehouse.ask(USES_SQL):
            yield Sample("tandem_model_policy_alone", (model,), float(alone))

    def _in_force(self, in_force: dict[str, str]) -> Iterator[Sample]:
        for model, version in in_force.items():
            yield Sample("tandem_model_in_force", (model, version), 1)

    def _measured(self, in_force: dict[str, str]) -> Iterator[Sample]:
        for model, version, measure, subject, value in self._warehouse.ask(MEASURED_SQL):
            if in_force.get(model) == str(version):
                yield Sample(f"tandem_model_{measure}", (model, str(version), subject), value)
