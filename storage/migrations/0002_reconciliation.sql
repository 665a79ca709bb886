-- What the reconciliation of alerts keeps beside its verdicts. Nothing has read alerts before this
-- migration, so that stream_alerts is empty when the column comes.

ALTER TABLE warehouse.stream_alerts ADD COLUMN document jsonb NOT NULL;
COMMENT ON COLUMN warehouse.stream_alerts.document IS 'The alert as the stream wrote it.';

ALTER TABLE warehouse.alert_reconciliation ADD COLUMN detail text;
ALTER TABLE warehouse.alert_reconciliation_history ADD COLUMN detail text;
COMMENT ON COLUMN warehouse.alert_reconciliation.reason IS
    'Why stream and batch differ; NULL where they do not; unexplained where nothing recorded tells.';
COMMENT ON COLUMN warehouse.alert_reconciliation.detail IS
    'What proves the reason, or what speaks against every one: names of fields, runs and versions, never values.';
CREATE INDEX alert_reconciliation_unexplained ON warehouse.alert_reconciliation (alert_id)
    WHERE reason = 'unexplained';

CREATE TABLE warehouse.missed_alerts (
    alert_id text COLLATE "C" PRIMARY KEY,
    document jsonb NOT NULL,
    batch_id text COLLATE "C" NOT NULL REFERENCES warehouse.batch_runs
);
COMMENT ON TABLE warehouse.missed_alerts IS
    'One row per alert that only the batch raised, as it was first written to the alert store.';

CREATE TABLE warehouse.reconciliation_runs (
    batch_id            text COLLATE "C" PRIMARY KEY REFERENCES warehouse.batch_runs,
    run_number          bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    topic               text COLLATE "C" NOT NULL,
    alert_topic_offsets jsonb NOT NULL,
    judged_offsets      jsonb NOT NULL,
    messages_read       bigint NOT NULL,
    alerts_new          bigint NOT NULL,
    alerts_repeated     bigint NOT NULL,
    messages_refused    bigint NOT NULL,
    events_judged       bigint NOT NULL,
    alerts_expected     bigint NOT NULL,
    alerts_waiting      bigint NOT NULL,
    statuses_written_at timestamptz,
    CONSTRAINT every_message_is_accounted_for
        CHECK (messages_read = alerts_new + alerts_repeated + messages_refused)
);
COMMENT ON TABLE warehouse.reconciliation_runs IS
    'One row per reconciliation whose verdicts stand, whether or not its run succeeded: how far it came.';
COMMENT ON COLUMN warehouse.reconciliation_runs.alert_topic_offsets IS
    'Partition of the alerts'' topic to the offset after the last message read.';
COMMENT ON COLUMN warehouse.reconciliation_runs.judged_offsets IS
    'Partition of the events'' topic to the offset after the last event judged.';
COMMENT ON COLUMN warehouse.reconciliation_runs.alerts_waiting IS
    'Alerts whose event has not landed, or lies behind what the stream has committed.';
COMMENT ON COLUMN warehouse.reconciliation_runs.statuses_written_at IS
    'When the alert store had taken all verdicts of this run; NULL: the next run writes them.';

CREATE TABLE warehouse.refused_alert_messages (
    topic       text COLLATE "C",
    partition   integer,
    "offset"    bigint,
    detail      text NOT NULL,
    detected_at timestamptz NOT NULL DEFAULT now(),
    batch_id    text COLLATE "C" NOT NULL REFERENCES warehouse.batch_runs,
    PRIMARY KEY (topic, partition, "offset")
);
COMMENT ON TABLE warehouse.refused_alert_messages IS
    'One row per message on the topics of alerts and stream runs that is neither; detail names what was expected.';

GRANT INSERT ON warehouse.missed_alerts, warehouse.refused_alert_messages TO tandem_batch;
GRANT INSERT, UPDATE ON warehouse.reconciliation_runs TO tandem_batch;
GRANT SELECT ON warehouse.reconciliation_runs, warehouse.refused_alert_messages TO tandem_monitor;
