-- name: scores by the model
CREATE UNLOGGED TABLE staging.fraud_scores_{token} (
    transaction_id text COLLATE "C", fraud_probability double precision, failure text
);
