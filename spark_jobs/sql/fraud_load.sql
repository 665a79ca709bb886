-- name: transaction_scores
-- A score stands: what becomes known later does not change what was said.
INSERT INTO warehouse.transaction_scores (transaction_id, fraud_probability, model_name, model_version, batch_id)
SELECT DISTINCT ON (transaction_id)
       transaction_id, fraud_probability, %(model_name)s, %(model_version)s::integer, %(batch_id)s
FROM staging.fraud_scores_{token}
WHERE %(note)s::text IS NULL
ORDER BY transaction_id
ON CONFLICT DO NOTHING;

-- name: model_uses
INSERT INTO warehouse.model_uses (batch_id, model_name, model_version, note, rows_scored)
SELECT %(batch_id)s, %(model_name)s, %(model_version)s::integer, %(note)s,
       CASE WHEN %(note)s::text IS NULL THEN (
           SELECT count(DISTINCT transaction_id) FROM staging.fraud_scores_{token}) ELSE 0 END;
