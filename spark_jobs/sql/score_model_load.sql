-- name: credit_scores by the model
UPDATE warehouse.credit_scores AS known
SET default_probability = new.default_probability, model_score = new.model_score,
    reason_codes = string_to_array(nullif(new.reason_codes, ''), ','), model_name = %(model_name)s,
    model_version = %(model_version)s, scored_at = now(), batch_id = %(batch_id)s
FROM (
    SELECT DISTINCT ON (application_id) application_id, default_probability, model_score, reason_codes
    FROM staging.score_models_{token} ORDER BY application_id
) AS new
WHERE known.application_id = new.application_id AND %(model_version)s::integer IS NOT NULL
    AND (known.model_name, known.model_version, known.default_probability, known.model_score)
        IS DISTINCT FROM (%(model_name)s, %(model_version)s::integer, new.default_probability, new.model_score);

-- name: model_uses
INSERT INTO warehouse.model_uses (batch_id, model_name, model_version, note, rows_scored)
SELECT %(batch_id)s, %(model_name)s, %(model_version)s::integer, %(note)s,
       CASE WHEN %(note)s::text IS NULL THEN (
           SELECT count(DISTINCT application_id) FROM staging.score_models_{token}) ELSE 0 END;
