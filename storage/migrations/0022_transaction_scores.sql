-- Fraud scores of transactions, by the model in force when they were new.

CREATE TABLE warehouse.transaction_scores (
    transaction_id    text COLLATE "C" PRIMARY KEY,
    fraud_probability double precision NOT NULL CHECK (fraud_probability BETWEEN 0 AND 1),
    model_name        text COLLATE "C" NOT NULL,
    model_version     integer NOT NULL,
    batch_id          text COLLATE "C" NOT NULL REFERENCES warehouse.batch_runs,
    FOREIGN KEY (model_name, model_version) REFERENCES warehouse.risk_models
);
COMMENT ON TABLE warehouse.transaction_scores IS
    'One row per transaction that a model scored for fraud when it was new; a row never changes.';
COMMENT ON COLUMN warehouse.transaction_scores.transaction_id IS 'The transaction, as in processed_transactions.';
COMMENT ON COLUMN warehouse.transaction_scores.fraud_probability IS
    'Probability of fraud, from what was known at the transaction''s event time.';
COMMENT ON COLUMN warehouse.transaction_scores.model_name IS 'Model that scored it.';
COMMENT ON COLUMN warehouse.transaction_scores.model_version IS 'Version of that model in the registry.';
COMMENT ON COLUMN warehouse.transaction_scores.batch_id IS 'Run that scored it.';

COMMENT ON TABLE warehouse.model_uses IS
    'One row per scoring run: the model that it used, or why it used none.';
COMMENT ON COLUMN warehouse.model_uses.model_version IS 'Version that scored; NULL where none did.';
COMMENT ON COLUMN warehouse.model_uses.note IS
    'Why nothing was scored by the model: the policy decides alone, and transactions wait; NULL where it scored.';
COMMENT ON COLUMN warehouse.model_uses.rows_scored IS 'Applications or transactions that the model scored.';
COMMENT ON COLUMN warehouse.risk_model_promotions.model_version IS
    'Version put in force; NULL where the model was retired.';

GRANT INSERT ON warehouse.transaction_scores TO tandem_batch;
GRANT SELECT (fraud_probability, model_name, model_version, batch_id)
    ON warehouse.transaction_scores TO tandem_monitor;
