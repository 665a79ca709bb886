-- What the columns of the dated facts and of the reconciliation hold, where they did not say so yet.

COMMENT ON COLUMN warehouse.rule_facts.fact_id IS 'Id of the change; the topic''s key, one a change.';
COMMENT ON COLUMN warehouse.rule_facts.kind IS 'rule, rule_mode, parameter or list_entry.';
COMMENT ON COLUMN warehouse.rule_facts.changed_by IS 'Who made the change.';
COMMENT ON COLUMN warehouse.rule_facts.changed_at IS 'When it was made.';
COMMENT ON COLUMN warehouse.rule_facts.comment IS 'Why it was made.';
COMMENT ON COLUMN warehouse.rule_facts.recorded_at IS 'When the row was written.';
COMMENT ON COLUMN warehouse.refused_facts."offset" IS 'Place of the message on the topic of facts.';
COMMENT ON COLUMN warehouse.refused_facts.recorded_at IS 'When the row was written.';
COMMENT ON COLUMN warehouse.duplicate_messages.topic IS 'Topic of the repeat, or URI of the file.';
COMMENT ON COLUMN warehouse.duplicate_messages.partition IS 'Partition of the repeat, or number of the file.';
COMMENT ON COLUMN warehouse.duplicate_messages."offset" IS 'Offset of the repeat, or line of the file counted from 0.';
COMMENT ON COLUMN warehouse.duplicate_messages.batch_id IS 'Run that landed the repeat.';
COMMENT ON COLUMN warehouse.waiting_alerts.alert_id IS '<rule_id>:<event_id>.';
COMMENT ON COLUMN warehouse.waiting_alerts.batch_id IS 'Run that first put it off.';
