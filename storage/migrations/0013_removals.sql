-- What was removed for its age, or because a customer asked for it.

CREATE TABLE warehouse.removals (
    removal_id   text COLLATE "C" PRIMARY KEY,
    kind         text NOT NULL CHECK (kind IN ('retention', 'erasure')),
    requested_by text NOT NULL,
    reference    text,
    cutoff       timestamptz,
    status       text NOT NULL CHECK (status IN ('running', 'succeeded', 'failed')),
    started_at   timestamptz NOT NULL DEFAULT now(),
    finished_at  timestamptz,
    removed      jsonb,
    error        text,
    code_version text NOT NULL,
    CONSTRAINT removal_ended_when_not_running CHECK ((status = 'running') = (finished_at IS NULL)),
    CONSTRAINT retention_has_a_cutoff CHECK ((kind = 'retention') = (cutoff IS NOT NULL))
);
COMMENT ON TABLE warehouse.removals IS
    'One row per removal of old data or of one customer''s data; it never names the customer.';
COMMENT ON COLUMN warehouse.removals.removal_id IS '<kind>-<UTC time of the start>-<6 hex digits>.';
COMMENT ON COLUMN warehouse.removals.kind IS 'retention (by age) or erasure (of one customer).';
COMMENT ON COLUMN warehouse.removals.requested_by IS 'Who ran the command, as they said.';
COMMENT ON COLUMN warehouse.removals.reference IS 'Ticket or letter that asked for it; not the customer''s name.';
COMMENT ON COLUMN warehouse.removals.cutoff IS 'Retention: what happened before this time was removed.';
COMMENT ON COLUMN warehouse.removals.status IS 'running, succeeded or failed; a failed one is run again.';
COMMENT ON COLUMN warehouse.removals.started_at IS 'When the removal began.';
COMMENT ON COLUMN warehouse.removals.finished_at IS 'When it ended; NULL while it runs.';
COMMENT ON COLUMN warehouse.removals.removed IS
    'Table, collection or lake to the number of rows, documents or events removed there.';
COMMENT ON COLUMN warehouse.removals.error IS 'Why a failed removal failed, one line.';
COMMENT ON COLUMN warehouse.removals.code_version IS 'Commit of the code, -dirty with local changes.';
