-- Risk models: their documents, what was put in force and why, what each scoring used, how they keep.

CREATE TABLE warehouse.risk_models (
    model_name      text COLLATE "C",
    model_version   integer CHECK (model_version > 0),
    kind            text NOT NULL,
    document        text NOT NULL,
    document_sha256 text NOT NULL,
    data_hash       text NOT NULL,
    code_version    text NOT NULL,
    figures         jsonb NOT NULL,
    published_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (model_name, model_version)
);
COMMENT ON TABLE warehouse.risk_models IS
    'One row per model version that was ever put in force; a version never changes.';
COMMENT ON COLUMN warehouse.risk_models.model_name IS 'Name of the model, which is that of its mapping.';
COMMENT ON COLUMN warehouse.risk_models.model_version IS 'Version in the registry of models.';
COMMENT ON COLUMN warehouse.risk_models.kind IS 'scorecard or boosted.';
COMMENT ON COLUMN warehouse.risk_models.document IS
    'All that is needed to score, as JSON: mapping, bins or trees, calibration, points, reference distributions.';
COMMENT ON COLUMN warehouse.risk_models.document_sha256 IS 'SHA-256 of the document, in hex; scoring checks it.';
COMMENT ON COLUMN warehouse.risk_models.data_hash IS 'SHA-256 of the data that the model was trained on.';
COMMENT ON COLUMN warehouse.risk_models.code_version IS 'Code that trained the model.';
COMMENT ON COLUMN warehouse.risk_models.figures IS 'Figure to its value on rows held out of training.';
COMMENT ON COLUMN warehouse.risk_models.published_at IS 'When the version was put into the warehouse.';

CREATE TABLE warehouse.risk_model_promotions (
    promotion_number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    model_name       text COLLATE "C" NOT NULL,
    model_version    integer,
    confidence       double precision CHECK (confidence BETWEEN 0 AND 1),
    auc_difference   double precision,
    standard_error   double precision,
    held_out_rows    bigint,
    verdict          text NOT NULL,
    promoted_by      text NOT NULL DEFAULT session_user,
    promoted_at      timestamptz NOT NULL DEFAULT now(),
    FOREIGN KEY (model_name, model_version) REFERENCES warehouse.risk_models
);
CREATE INDEX risk_model_promotions_newest ON warehouse.risk_model_promotions (model_name, promotion_number DESC);
COMMENT ON TABLE warehouse.risk_model_promotions IS
    'One row per change of the model in force; the newest of a name holds, rows are only added.';
COMMENT ON COLUMN warehouse.risk_model_promotions.promotion_number IS 'Order of the changes, whatever the clocks say.';
COMMENT ON COLUMN warehouse.risk_model_promotions.model_name IS 'Name of the model.';
COMMENT ON COLUMN warehouse.risk_model_promotions.model_version IS
    'Version put in force; NULL where the model was retired and the policy decides alone.';
COMMENT ON COLUMN warehouse.risk_model_promotions.confidence IS
    'Probability that the version ranks better than the one before it (without one: than chance).';
COMMENT ON COLUMN warehouse.risk_model_promotions.auc_difference IS 'AUC on the held-out rows, less that of the one before.';
COMMENT ON COLUMN warehouse.risk_model_promotions.standard_error IS 'Standard error of auc_difference.';
COMMENT ON COLUMN warehouse.risk_model_promotions.held_out_rows IS 'Rows on which both were judged; neither was trained on them.';
COMMENT ON COLUMN warehouse.risk_model_promotions.verdict IS 'The decision and its figures, one line.';
COMMENT ON COLUMN warehouse.risk_model_promotions.promoted_by IS 'Role that made the change.';
COMMENT ON COLUMN warehouse.risk_model_promotions.promoted_at IS 'When the change was made.';

CREATE TABLE warehouse.model_uses (
    batch_id      text COLLATE "C" PRIMARY KEY REFERENCES warehouse.batch_runs,
    model_name    text COLLATE "C" NOT NULL,
    model_version integer,
    note          text,
    rows_scored   bigint NOT NULL CHECK (rows_scored >= 0),
    FOREIGN KEY (model_name, model_version) REFERENCES warehouse.risk_models,
    CONSTRAINT without_a_model_a_note CHECK (note IS NOT NULL OR model_version IS NOT NULL),
    CONSTRAINT a_note_means_no_scores CHECK (note IS NULL OR rows_scored = 0)
);
COMMENT ON TABLE warehouse.model_uses IS
    'One row per scoring run: the model that it used, or why the policy decided alone.';
COMMENT ON COLUMN warehouse.model_uses.batch_id IS 'The scoring run.';
COMMENT ON COLUMN warehouse.model_uses.model_name IS 'Name of the model.';
COMMENT ON COLUMN warehouse.model_uses.model_version IS 'Version in force; NULL where none was.';
COMMENT ON COLUMN warehouse.model_uses.note IS 'Why no application was scored by the model; NULL where they were.';
COMMENT ON COLUMN warehouse.model_uses.rows_scored IS 'Applications that the model scored.';

CREATE TABLE warehouse.model_measurements (
    batch_id       text COLLATE "C" REFERENCES warehouse.batch_runs,
    model_name     text COLLATE "C",
    model_version  integer,
    measure        text,
    subject        text,
    value          double precision NOT NULL,
    standard_error double precision,
    rows_measured  bigint NOT NULL,
    threshold      double precision,
    is_alert       boolean NOT NULL,
    PRIMARY KEY (batch_id, model_name, measure, subject),
    FOREIGN KEY (model_name, model_version) REFERENCES warehouse.risk_models
);
COMMENT ON TABLE warehouse.model_measurements IS 'One row per run, model, measure and subject: how a model in force keeps.';
COMMENT ON COLUMN warehouse.model_measurements.batch_id IS 'Run that measured; its started_at is when.';
COMMENT ON COLUMN warehouse.model_measurements.model_name IS 'Name of the model.';
COMMENT ON COLUMN warehouse.model_measurements.model_version IS 'Version that was in force.';
COMMENT ON COLUMN warehouse.model_measurements.measure IS
    'psi, auc, ks, brier, calibration_error, bad_rate, default_probability or approved_ratio.';
COMMENT ON COLUMN warehouse.model_measurements.subject IS
    'What was measured: a feature or score for psi, group=value for a group, all for everybody.';
COMMENT ON COLUMN warehouse.model_measurements.value IS 'The figure.';
COMMENT ON COLUMN warehouse.model_measurements.standard_error IS 'Standard error of the figure, where it has one.';
COMMENT ON COLUMN warehouse.model_measurements.rows_measured IS 'Applications that it was measured on.';
COMMENT ON COLUMN warehouse.model_measurements.threshold IS 'Limit in force; NULL where there is none.';
COMMENT ON COLUMN warehouse.model_measurements.is_alert IS 'Whether the figure is on the wrong side of the limit.';

ALTER TABLE warehouse.credit_scores
    ADD COLUMN default_probability double precision CHECK (default_probability BETWEEN 0 AND 1),
    ADD COLUMN model_score integer,
    ADD COLUMN reason_codes text[],
    ADD COLUMN model_name text COLLATE "C",
    ADD COLUMN model_version integer,
    ADD CONSTRAINT scored_by_a_model_or_not CHECK (
        (model_version IS NULL) = (default_probability IS NULL)
        AND (model_version IS NULL) = (model_score IS NULL)
        AND (model_version IS NULL) = (model_name IS NULL));
COMMENT ON COLUMN warehouse.credit_scores.default_probability IS
    'Probability of default by the model named in the row; NULL where the policy decided alone (see model_uses).';
COMMENT ON COLUMN warehouse.credit_scores.model_score IS 'The same as points: higher is safer.';
COMMENT ON COLUMN warehouse.credit_scores.reason_codes IS
    'Features that cost the applicant most, the costliest first; the model''s document has their texts.';
COMMENT ON COLUMN warehouse.credit_scores.model_name IS 'Model that scored the application.';
COMMENT ON COLUMN warehouse.credit_scores.model_version IS 'Version of that model in the registry.';

GRANT INSERT ON warehouse.model_uses, warehouse.model_measurements TO tandem_batch;
GRANT SELECT ON warehouse.risk_model_promotions, warehouse.model_uses, warehouse.model_measurements TO tandem_monitor;
GRANT SELECT (default_probability, model_score, reason_codes, model_name, model_version)
    ON warehouse.credit_scores TO tandem_monitor;
