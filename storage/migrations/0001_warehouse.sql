-- Money is numeric(14,2): 99,999,999,999,999 minor units, the contract's most, are 999,999,999,999.99.
-- Identifiers compare by byte (COLLATE "C"), which is the order of every engine here.
-- Bulk tables carry no foreign key to batch_runs: its check would cost as much as the row.

CREATE TABLE warehouse.batch_runs (
    batch_id              text COLLATE "C" PRIMARY KEY,
    run_number            bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    previous_batch_id     text COLLATE "C" REFERENCES warehouse.batch_runs,
    job                   text NOT NULL,
    source                text NOT NULL,
    source_id             text,
    target                text NOT NULL,
    status                text NOT NULL CHECK (status IN ('running', 'succeeded', 'failed')),
    started_at            timestamptz NOT NULL DEFAULT now(),
    finished_at           timestamptz,
    start_offsets         jsonb,
    end_offsets           jsonb,
    lost_offsets          jsonb,
    rows_read             bigint CHECK (rows_read >= 0),
    rows_accepted         bigint CHECK (rows_accepted >= 0),
    rows_duplicate        bigint CHECK (rows_duplicate >= 0),
    rows_quarantined      bigint CHECK (rows_quarantined >= 0),
    quarantined_by_reason jsonb,
    rows_written          bigint CHECK (rows_written >= 0),
    policy_version        integer,
    rules_version         text,
    code_version          text NOT NULL,
    error                 text,
    CONSTRAINT finished_when_not_running CHECK ((status = 'running') = (finished_at IS NULL)),
    CONSTRAINT every_message_is_accounted_for CHECK (
        job <> 'land_events' OR status <> 'succeeded'
        OR (rows_read IS NOT NULL AND rows_read = rows_accepted + rows_duplicate + rows_quarantined)
    )
);
CREATE UNIQUE INDEX batch_runs_previous_once ON warehouse.batch_runs (job, coalesce(previous_batch_id, ''))
    WHERE status <> 'failed';
CREATE INDEX batch_runs_by_job ON warehouse.batch_runs (job, status, run_number DESC);
COMMENT ON TABLE warehouse.batch_runs IS 'One row per run of one batch job: lineage and audit.';
COMMENT ON COLUMN warehouse.batch_runs.run_number IS 'Order of the runs, whatever the clocks say.';
COMMENT ON COLUMN warehouse.batch_runs.previous_batch_id IS
    'Last succeeded run of the same job; at most one run that has not failed follows each run.';
COMMENT ON COLUMN warehouse.batch_runs.source IS 'kafka:<topic>, the URI of the files, or the tables that were read.';
COMMENT ON COLUMN warehouse.batch_runs.source_id IS 'Id that the broker gave the topic; another one means it was recreated.';
COMMENT ON COLUMN warehouse.batch_runs.start_offsets IS 'Partition (or file) to first offset read.';
COMMENT ON COLUMN warehouse.batch_runs.end_offsets IS 'Partition (or file) to the offset after the last one read.';
COMMENT ON COLUMN warehouse.batch_runs.lost_offsets IS
    'Partition to [first, after last] offsets that the topic no longer held and an operator gave up.';
COMMENT ON COLUMN warehouse.batch_runs.rows_read IS
    'Messages read; in land_events it equals accepted + duplicate + quarantined.';
COMMENT ON COLUMN warehouse.batch_runs.quarantined_by_reason IS 'Reason to number of messages quarantined by this run.';
COMMENT ON COLUMN warehouse.batch_runs.rows_written IS 'Rows that this run inserted or changed in its target.';
COMMENT ON COLUMN warehouse.batch_runs.error IS 'Why a failed run failed, one line.';

CREATE TABLE warehouse.batch_inputs (
    batch_id       text COLLATE "C" REFERENCES warehouse.batch_runs,
    input_batch_id text COLLATE "C" REFERENCES warehouse.batch_runs,
    PRIMARY KEY (batch_id, input_batch_id)
);
CREATE INDEX batch_inputs_by_input ON warehouse.batch_inputs (input_batch_id);
COMMENT ON TABLE warehouse.batch_inputs IS 'One row per landed run that a later run (score, reconcile) took in.';

CREATE TABLE warehouse.accepted_events (
    event_id     text COLLATE "C" PRIMARY KEY,
    event_type   text COLLATE "C" NOT NULL,
    content_hash bytea NOT NULL CHECK (octet_length(content_hash) = 16),
    topic        text COLLATE "C" NOT NULL,
    partition    integer NOT NULL,
    "offset"     bigint NOT NULL,
    append_time  timestamptz NOT NULL,
    batch_id     text COLLATE "C" NOT NULL
);
COMMENT ON TABLE warehouse.accepted_events IS 'One row per accepted event, for all time: the ledger of ids.';
COMMENT ON COLUMN warehouse.accepted_events.content_hash IS
    'First 16 bytes of the SHA-256 of the contract fields in canonical form.';
COMMENT ON COLUMN warehouse.accepted_events.topic IS 'Topic, or URI of the file, that the event came from.';
COMMENT ON COLUMN warehouse.accepted_events."offset" IS 'Offset in the partition, or line of the file counted from 0.';
COMMENT ON COLUMN warehouse.accepted_events.append_time IS
    'When the broker appended the message; for files, their modification time.';

CREATE TABLE warehouse.data_quality_issues (
    topic       text COLLATE "C",
    partition   integer,
    "offset"    bigint,
    event_id    text COLLATE "C",
    reason      text NOT NULL,
    detail      text NOT NULL,
    payload     bytea,
    append_time timestamptz NOT NULL,
    detected_at timestamptz NOT NULL DEFAULT now(),
    batch_id    text COLLATE "C" NOT NULL REFERENCES warehouse.batch_runs,
    PRIMARY KEY (topic, partition, "offset"),
    CONSTRAINT known_reason CHECK (reason IN (
        'too_large', 'not_json', 'not_an_object', 'unknown_event_type', 'missing_field', 'wrong_type',
        'out_of_range', 'card_number', 'future_event_time', 'conflicting_duplicate'))
);
CREATE INDEX data_quality_issues_by_reason ON warehouse.data_quality_issues (reason, detected_at);
CREATE INDEX data_quality_issues_by_batch ON warehouse.data_quality_issues (batch_id);
COMMENT ON TABLE warehouse.data_quality_issues IS 'One row per quarantined message.';
COMMENT ON COLUMN warehouse.data_quality_issues.event_id IS 'The message''s event_id where it can be read, masked.';
COMMENT ON COLUMN warehouse.data_quality_issues.detail IS 'Field and what was expected of it; never a value.';
COMMENT ON COLUMN warehouse.data_quality_issues.payload IS
    'The message as it came, card numbers masked; NULL for a tombstone.';

CREATE TABLE warehouse.risk_policies (
    policy_version integer PRIMARY KEY CHECK (policy_version > 0),
    definition     jsonb NOT NULL,
    loaded_at      timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE warehouse.risk_policies IS 'One row per version of the risk policy; a version never changes.';

CREATE TABLE warehouse.credit_scores (
    application_id text COLLATE "C" PRIMARY KEY,
    user_id        text COLLATE "C" NOT NULL,
    credit_score   integer NOT NULL,
    loan_amount    numeric(14,2) NOT NULL,
    currency       text NOT NULL,
    region         text,
    risk_level     text NOT NULL CHECK (risk_level IN ('Low', 'Medium', 'High')),
    decision       text NOT NULL CHECK (decision IN ('approve', 'review', 'reject')),
    policy_version integer NOT NULL REFERENCES warehouse.risk_policies,
    event_time     timestamptz NOT NULL,
    append_time    timestamptz NOT NULL,
    partition      integer NOT NULL,
    "offset"       bigint NOT NULL,
    scored_at      timestamptz NOT NULL,
    batch_id       text COLLATE "C" NOT NULL
);
CREATE INDEX credit_scores_as_of ON warehouse.credit_scores
    (user_id, event_time, append_time, partition, "offset", application_id);
CREATE INDEX credit_scores_by_time ON warehouse.credit_scores (event_time);
COMMENT ON TABLE warehouse.credit_scores IS 'One row per accepted application, scored by the policy version it names.';
COMMENT ON COLUMN warehouse.credit_scores.loan_amount IS 'Amount asked for, in units of the currency.';
COMMENT ON COLUMN warehouse.credit_scores.append_time IS
    'With partition and offset: which of two applications of the same event time is the later one.';
COMMENT ON COLUMN warehouse.credit_scores.batch_id IS 'Run that last wrote the row.';

CREATE TABLE warehouse.processed_transactions (
    transaction_id    text COLLATE "C" PRIMARY KEY,
    user_id           text COLLATE "C" NOT NULL,
    card_id           text COLLATE "C" NOT NULL,
    amount            numeric(14,2) NOT NULL,
    currency          text NOT NULL,
    event_time        timestamptz NOT NULL,
    city              text,
    country           text,
    merchant_id       text NOT NULL,
    merchant_category text,
    card_type         text,
    device_id         text,
    credit_score      integer,
    risk_level        text CHECK (risk_level IN ('Low', 'Medium', 'High')),
    is_fraud          boolean,
    batch_id          text COLLATE "C" NOT NULL
);
CREATE INDEX processed_transactions_by_user ON warehouse.processed_transactions (user_id, event_time);
CREATE INDEX processed_transactions_by_time ON warehouse.processed_transactions USING brin (event_time);
COMMENT ON TABLE warehouse.processed_transactions IS 'One row per accepted transaction.';
COMMENT ON COLUMN warehouse.processed_transactions.amount IS 'Amount in units of the currency; zero is a card check.';
COMMENT ON COLUMN warehouse.processed_transactions.credit_score IS
    'Score of the user''s latest application up to the transaction''s event time; NULL where there is none.';
COMMENT ON COLUMN warehouse.processed_transactions.risk_level IS
    'Risk level of that application under the policy in force.';
COMMENT ON COLUMN warehouse.processed_transactions.is_fraud IS 'What the label in force says; NULL until one arrives.';
COMMENT ON COLUMN warehouse.processed_transactions.batch_id IS 'Run that last wrote the row.';

CREATE TABLE warehouse.fraud_labels (
    labelled_event_id text COLLATE "C" PRIMARY KEY,
    is_fraud          boolean NOT NULL,
    source            text,
    label_event_id    text COLLATE "C" NOT NULL,
    event_time        timestamptz NOT NULL,
    append_time       timestamptz NOT NULL,
    partition         integer NOT NULL,
    "offset"          bigint NOT NULL,
    batch_id          text COLLATE "C" NOT NULL
);
COMMENT ON TABLE warehouse.fraud_labels IS
    'One row per labelled event: the label in force, the latest by event time, then place on the topic.';
COMMENT ON COLUMN warehouse.fraud_labels.label_event_id IS 'event_id of the label event.';

CREATE TABLE warehouse.stream_alerts (
    alert_id       text COLLATE "C" PRIMARY KEY,
    rule_id        text NOT NULL,
    rule_version   integer NOT NULL,
    event_id       text COLLATE "C" NOT NULL,
    user_id        text COLLATE "C" NOT NULL,
    topic          text COLLATE "C" NOT NULL,
    partition      integer NOT NULL,
    "offset"       bigint NOT NULL,
    event_time     timestamptz NOT NULL,
    detected_at_ms bigint NOT NULL,
    evidence       jsonb NOT NULL,
    seen           jsonb NOT NULL,
    batch_id       text COLLATE "C" NOT NULL REFERENCES warehouse.batch_runs
);
CREATE INDEX stream_alerts_by_event ON warehouse.stream_alerts (event_id);
CREATE INDEX stream_alerts_by_place ON warehouse.stream_alerts (topic, partition, "offset");
COMMENT ON TABLE warehouse.stream_alerts IS
    'One row per alert of the stream, as first read from the topic of alerts.';
COMMENT ON COLUMN warehouse.stream_alerts."offset" IS 'With topic and partition: the place of the alert''s event.';
COMMENT ON COLUMN warehouse.stream_alerts.evidence IS 'Name to value of each field and feature that the rule read.';
COMMENT ON COLUMN warehouse.stream_alerts.seen IS
    'For each feature key, partition to the last offset that the stream had taken in.';

CREATE TABLE warehouse.alert_reconciliation (
    alert_id     text COLLATE "C" PRIMARY KEY,
    rule_id      text NOT NULL,
    rule_version integer,
    event_id     text COLLATE "C" NOT NULL,
    verdict      text NOT NULL CHECK (verdict IN ('confirmed', 'retracted', 'missed')),
    reason       text,
    judged_at    timestamptz NOT NULL DEFAULT now(),
    batch_id     text COLLATE "C" NOT NULL REFERENCES warehouse.batch_runs,
    CONSTRAINT difference_has_a_reason CHECK (verdict = 'confirmed' OR reason IS NOT NULL)
);
CREATE INDEX alert_reconciliation_by_verdict ON warehouse.alert_reconciliation (verdict, rule_id);
CREATE INDEX alert_reconciliation_by_batch ON warehouse.alert_reconciliation (batch_id);
COMMENT ON TABLE warehouse.alert_reconciliation IS 'One row per alert that the batch judged: the verdict in force.';

CREATE TABLE warehouse.alert_reconciliation_history (
    alert_id     text COLLATE "C" NOT NULL,
    batch_id     text COLLATE "C" NOT NULL REFERENCES warehouse.batch_runs,
    rule_id      text NOT NULL,
    rule_version integer,
    event_id     text COLLATE "C" NOT NULL,
    verdict      text NOT NULL CHECK (verdict IN ('confirmed', 'retracted', 'missed')),
    reason       text,
    judged_at    timestamptz NOT NULL,
    PRIMARY KEY (alert_id, batch_id)
);
COMMENT ON TABLE warehouse.alert_reconciliation_history IS
    'One row per verdict that a run gave an alert, the one in force included; rows are only added.';

CREATE VIEW bi.risk_level_distribution AS
SELECT date_trunc('day', event_time, 'UTC')::date AS application_date, region, currency, risk_level, decision,
       policy_version, count(*) AS applications, sum(loan_amount) AS loan_amount,
       avg(credit_score)::numeric(6, 2) AS credit_score_mean
FROM warehouse.credit_scores
GROUP BY 1, 2, 3, 4, 5, 6;
COMMENT ON VIEW bi.risk_level_distribution IS
    'One row per day (UTC), region, currency, risk level, decision and policy version: applications and their sums.';

CREATE VIEW bi.quarantine_by_reason AS
SELECT date_trunc('day', detected_at, 'UTC')::date AS detected_date, topic, reason, count(*) AS messages
FROM warehouse.data_quality_issues
GROUP BY 1, 2, 3;
COMMENT ON VIEW bi.quarantine_by_reason IS 'One row per day (UTC), topic and reason: quarantined messages.';

CREATE VIEW bi.fraud_alerts AS
SELECT coalesce(r.alert_id, s.alert_id) AS alert_id, coalesce(r.rule_id, s.rule_id) AS rule_id,
       coalesce(r.event_id, s.event_id) AS event_id, s.user_id, s.event_time,
       coalesce(r.verdict, 'provisional') AS verdict, r.reason, r.judged_at
FROM warehouse.alert_reconciliation r
FULL JOIN warehouse.stream_alerts s USING (alert_id);
COMMENT ON VIEW bi.fraud_alerts IS 'One row per alert, with the verdict in force.';

GRANT USAGE ON SCHEMA warehouse TO tandem_batch, tandem_monitor, bi_reader;
GRANT USAGE ON SCHEMA bi TO tandem_monitor, bi_reader;
GRANT USAGE, CREATE ON SCHEMA staging TO tandem_batch;

-- What later migrations add is readable by the batch and by BI without saying so again.
ALTER DEFAULT PRIVILEGES IN SCHEMA warehouse GRANT SELECT ON TABLES TO tandem_batch, bi_reader;
ALTER DEFAULT PRIVILEGES IN SCHEMA bi GRANT SELECT ON TABLES TO bi_reader, tandem_monitor;

GRANT SELECT ON ALL TABLES IN SCHEMA warehouse TO tandem_batch;
GRANT INSERT, UPDATE ON warehouse.batch_runs, warehouse.data_quality_issues, warehouse.credit_scores,
    warehouse.processed_transactions, warehouse.fraud_labels, warehouse.alert_reconciliation TO tandem_batch;
GRANT INSERT ON warehouse.batch_inputs, warehouse.accepted_events, warehouse.risk_policies,
    warehouse.stream_alerts, warehouse.alert_reconciliation_history TO tandem_batch;

GRANT SELECT ON ALL TABLES IN SCHEMA bi TO bi_reader, tandem_monitor;
GRANT SELECT ON ALL TABLES IN SCHEMA warehouse TO bi_reader;
REVOKE SELECT ON warehouse.data_quality_issues FROM bi_reader;
GRANT SELECT (topic, partition, "offset", event_id, reason, detail, append_time, detected_at, batch_id)
    ON warehouse.data_quality_issues TO bi_reader;

GRANT SELECT ON warehouse.schema_migrations, warehouse.batch_runs, warehouse.batch_inputs,
    warehouse.risk_policies, warehouse.alert_reconciliation, warehouse.alert_reconciliation_history TO tandem_monitor;
GRANT SELECT (topic, partition, "offset", reason, detected_at, batch_id) ON warehouse.data_quality_issues TO tandem_monitor;
GRANT SELECT (event_type, topic, partition, "offset", append_time, batch_id) ON warehouse.accepted_events TO tandem_monitor;
GRANT SELECT (currency, risk_level, decision, policy_version, event_time, scored_at, batch_id)
    ON warehouse.credit_scores TO tandem_monitor;
GRANT SELECT (currency, event_time, risk_level, is_fraud, batch_id) ON warehouse.processed_transactions TO tandem_monitor;
GRANT SELECT (alert_id, rule_id, rule_version, topic, partition, "offset", event_time, detected_at_ms, batch_id)
    ON warehouse.stream_alerts TO tandem_monitor;
