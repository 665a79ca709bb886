-- Risk levels that the batch has told the stream, as dated facts on the topic rule_facts.

CREATE TABLE warehouse.published_risk_levels (
    application_id text COLLATE "C" PRIMARY KEY,
    user_id        text COLLATE "C" NOT NULL,
    risk_level     text NOT NULL CHECK (risk_level IN ('Low', 'Medium', 'High')),
    policy_version integer NOT NULL REFERENCES warehouse.risk_policies,
    fact_id        text NOT NULL,
    batch_id       text COLLATE "C" NOT NULL REFERENCES warehouse.batch_runs
);
COMMENT ON TABLE warehouse.published_risk_levels IS
    'One row per application whose risk level stands on the topic of facts, as it was last said there.';
COMMENT ON COLUMN warehouse.published_risk_levels.application_id IS 'The application.';
COMMENT ON COLUMN warehouse.published_risk_levels.user_id IS 'The user whose level it is.';
COMMENT ON COLUMN warehouse.published_risk_levels.risk_level IS
    'The level, for events of the user after the application, until the next one.';
COMMENT ON COLUMN warehouse.published_risk_levels.policy_version IS 'Policy version that gave the level.';
COMMENT ON COLUMN warehouse.published_risk_levels.fact_id IS 'The fact, and its key on the topic.';
COMMENT ON COLUMN warehouse.published_risk_levels.batch_id IS 'Run that last published it.';

GRANT INSERT, UPDATE ON warehouse.published_risk_levels TO tandem_batch;
