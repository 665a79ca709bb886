-- What the proofs of windowed alerts need beside the accepted events.

CREATE TABLE warehouse.duplicate_messages (
    topic       text COLLATE "C",
    partition   integer,
    "offset"    bigint,
    event_id    text COLLATE "C" NOT NULL,
    batch_id    text COLLATE "C" NOT NULL REFERENCES warehouse.batch_runs,
    PRIMARY KEY (topic, partition, "offset")
);
CREATE INDEX duplicate_messages_by_event ON warehouse.duplicate_messages (event_id);
COMMENT ON TABLE warehouse.duplicate_messages IS
    'One row per message that repeats an accepted event with the same content.';
COMMENT ON COLUMN warehouse.duplicate_messages.event_id IS 'The accepted event that it repeats.';

CREATE TABLE warehouse.waiting_alerts (
    alert_id text COLLATE "C" PRIMARY KEY,
    batch_id text COLLATE "C" NOT NULL REFERENCES warehouse.batch_runs
);
COMMENT ON TABLE warehouse.waiting_alerts IS
    'One row per alert whose event was due and which names, in seen, offsets that had not landed: the next run judges it.';

GRANT INSERT ON warehouse.duplicate_messages TO tandem_batch;
GRANT INSERT, DELETE ON warehouse.waiting_alerts TO tandem_batch;

-- Alerts are found by the event whose windows a later arrival touches.
CREATE INDEX alert_reconciliation_by_event ON warehouse.alert_reconciliation (event_id);
