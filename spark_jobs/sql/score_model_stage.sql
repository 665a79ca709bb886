-- name: scores by the model
CREATE UNLOGGED TABLE staging.score_models_{token} (
    application_id text COLLATE "C", default_probability double precision, model_score integer,
    reason_codes text, failure text
);
