-- How far a reconciliation knew the facts.

ALTER TABLE warehouse.reconciliation_runs ADD COLUMN facts_offset bigint;
COMMENT ON COLUMN warehouse.reconciliation_runs.facts_offset IS
    'The last fact that the run knew, -1 for none; later ones have the events that they speak of judged again.';
