-- What the columns of the first tables hold, where they did not say so yet.

COMMENT ON COLUMN warehouse.batch_runs.batch_id IS '<job>-<UTC time of the start>-<6 hex digits>.';
COMMENT ON COLUMN warehouse.batch_runs.job IS 'land_events, score_risk, reconcile_alerts, refresh_views, …';
COMMENT ON COLUMN warehouse.batch_runs.target IS 'Where the run wrote.';
COMMENT ON COLUMN warehouse.batch_runs.status IS 'running, succeeded or failed.';
COMMENT ON COLUMN warehouse.batch_runs.started_at IS 'When the run began.';
COMMENT ON COLUMN warehouse.batch_runs.finished_at IS 'When it ended; NULL while it runs.';
COMMENT ON COLUMN warehouse.batch_runs.rows_accepted IS 'Messages that became events.';
COMMENT ON COLUMN warehouse.batch_runs.rows_duplicate IS 'Messages whose event was known with the same content.';
COMMENT ON COLUMN warehouse.batch_runs.rows_quarantined IS 'Messages refused, each with a reason.';
COMMENT ON COLUMN warehouse.batch_runs.policy_version IS 'Risk policy in force; NULL for jobs that use none.';
COMMENT ON COLUMN warehouse.batch_runs.rules_version IS 'Hash of the catalog of rules; NULL for jobs that use none.';
COMMENT ON COLUMN warehouse.batch_runs.code_version IS 'Commit of the code, -dirty with local changes.';

COMMENT ON COLUMN warehouse.batch_inputs.batch_id IS 'Run that took in.';
COMMENT ON COLUMN warehouse.batch_inputs.input_batch_id IS 'Run that was taken in.';

COMMENT ON COLUMN warehouse.accepted_events.event_id IS 'The event''s id, unique over all time.';
COMMENT ON COLUMN warehouse.accepted_events.event_type IS 'application, transaction, payment, credit_usage or label.';
COMMENT ON COLUMN warehouse.accepted_events.partition IS 'Partition of the topic, or number of the file.';
COMMENT ON COLUMN warehouse.accepted_events.batch_id IS 'Run that landed it.';

COMMENT ON COLUMN warehouse.data_quality_issues.topic IS 'Topic, or URI of the file.';
COMMENT ON COLUMN warehouse.data_quality_issues.partition IS 'Partition of the topic, or number of the file.';
COMMENT ON COLUMN warehouse.data_quality_issues."offset" IS
    'Offset in the partition, or line of the file counted from 0.';
COMMENT ON COLUMN warehouse.data_quality_issues.reason IS
    'The first reason that applies, from the list in docs/events.md.';
COMMENT ON COLUMN warehouse.data_quality_issues.append_time IS 'When the broker appended the message.';
COMMENT ON COLUMN warehouse.data_quality_issues.detected_at IS 'When the batch refused it.';
COMMENT ON COLUMN warehouse.data_quality_issues.batch_id IS 'Run that refused it.';

COMMENT ON COLUMN warehouse.risk_policies.policy_version IS 'Number of the version.';
COMMENT ON COLUMN warehouse.risk_policies.definition IS 'Thresholds, as in rules/policies.';
COMMENT ON COLUMN warehouse.risk_policies.loaded_at IS 'When a run first used it.';

COMMENT ON COLUMN warehouse.credit_scores.application_id IS 'event_id of the application.';
COMMENT ON COLUMN warehouse.credit_scores.user_id IS 'The applicant.';
COMMENT ON COLUMN warehouse.credit_scores.credit_score IS 'Bureau score when applying, 300 to 850.';
COMMENT ON COLUMN warehouse.credit_scores.currency IS 'ISO 4217 code.';
COMMENT ON COLUMN warehouse.credit_scores.region IS 'Region of the applicant.';
COMMENT ON COLUMN warehouse.credit_scores.risk_level IS 'Low, Medium or High, by policy_version.';
COMMENT ON COLUMN warehouse.credit_scores.decision IS 'approve, review or reject, by policy_version.';
COMMENT ON COLUMN warehouse.credit_scores.policy_version IS 'Risk policy that gave level and decision.';
COMMENT ON COLUMN warehouse.credit_scores.event_time IS 'When the application was made.';
COMMENT ON COLUMN warehouse.credit_scores.partition IS 'Partition of the topic, or number of the file.';
COMMENT ON COLUMN warehouse.credit_scores."offset" IS 'Offset in the partition, or line of the file.';
COMMENT ON COLUMN warehouse.credit_scores.scored_at IS 'When the level was last computed.';

COMMENT ON COLUMN warehouse.processed_transactions.transaction_id IS 'event_id of the transaction.';
COMMENT ON COLUMN warehouse.processed_transactions.user_id IS 'The customer.';
COMMENT ON COLUMN warehouse.processed_transactions.card_id IS 'Token of the card, never its number.';
COMMENT ON COLUMN warehouse.processed_transactions.currency IS 'ISO 4217 code.';
COMMENT ON COLUMN warehouse.processed_transactions.event_time IS 'When the card was used.';
COMMENT ON COLUMN warehouse.processed_transactions.city IS 'City of the purchase.';
COMMENT ON COLUMN warehouse.processed_transactions.country IS 'ISO 3166-1 alpha-2 code.';
COMMENT ON COLUMN warehouse.processed_transactions.merchant_id IS 'The merchant or terminal.';
COMMENT ON COLUMN warehouse.processed_transactions.merchant_category IS 'What the merchant sells.';
COMMENT ON COLUMN warehouse.processed_transactions.card_type IS 'Kind of card.';
COMMENT ON COLUMN warehouse.processed_transactions.device_id IS 'Device that paid.';

COMMENT ON COLUMN warehouse.fraud_labels.labelled_event_id IS 'event_id of the event that is judged.';
COMMENT ON COLUMN warehouse.fraud_labels.is_fraud IS 'True for fraud.';
COMMENT ON COLUMN warehouse.fraud_labels.source IS 'Who said so: chargeback or analyst.';
COMMENT ON COLUMN warehouse.fraud_labels.event_time IS 'When it became known.';
COMMENT ON COLUMN warehouse.fraud_labels.append_time IS 'When the broker appended the label.';
COMMENT ON COLUMN warehouse.fraud_labels.partition IS 'Partition of the topic, or number of the file.';
COMMENT ON COLUMN warehouse.fraud_labels."offset" IS 'Offset in the partition, or line of the file.';
COMMENT ON COLUMN warehouse.fraud_labels.batch_id IS 'Run that last wrote the row.';

COMMENT ON COLUMN warehouse.stream_alerts.alert_id IS '<rule_id>:<event_id>.';
COMMENT ON COLUMN warehouse.stream_alerts.rule_id IS 'Rule that fired.';
COMMENT ON COLUMN warehouse.stream_alerts.rule_version IS 'Its version.';
COMMENT ON COLUMN warehouse.stream_alerts.event_id IS 'Event that it fired on.';
COMMENT ON COLUMN warehouse.stream_alerts.user_id IS 'The customer of that event.';
COMMENT ON COLUMN warehouse.stream_alerts.topic IS 'Topic of that event.';
COMMENT ON COLUMN warehouse.stream_alerts.partition IS 'Partition of that event.';
COMMENT ON COLUMN warehouse.stream_alerts.event_time IS 'When that event happened.';
COMMENT ON COLUMN warehouse.stream_alerts.detected_at_ms IS
    'When the stream wrote the alert: milliseconds since the Unix epoch, UTC.';
COMMENT ON COLUMN warehouse.stream_alerts.batch_id IS 'Run that read it.';

COMMENT ON COLUMN warehouse.alert_reconciliation.alert_id IS '<rule_id>:<event_id>.';
COMMENT ON COLUMN warehouse.alert_reconciliation.rule_id IS 'Rule that fired.';
COMMENT ON COLUMN warehouse.alert_reconciliation.rule_version IS 'Its version.';
COMMENT ON COLUMN warehouse.alert_reconciliation.event_id IS 'Event that it fired on.';
COMMENT ON COLUMN warehouse.alert_reconciliation.verdict IS
    'confirmed, retracted or missed (only the batch found it).';
COMMENT ON COLUMN warehouse.alert_reconciliation.judged_at IS 'When the verdict was given.';
COMMENT ON COLUMN warehouse.alert_reconciliation.batch_id IS 'Run that gave it.';

COMMENT ON COLUMN warehouse.alert_reconciliation_history.alert_id IS '<rule_id>:<event_id>.';
COMMENT ON COLUMN warehouse.alert_reconciliation_history.batch_id IS 'Run that gave the verdict.';
COMMENT ON COLUMN warehouse.alert_reconciliation_history.rule_id IS 'Rule that fired.';
COMMENT ON COLUMN warehouse.alert_reconciliation_history.rule_version IS 'Its version.';
COMMENT ON COLUMN warehouse.alert_reconciliation_history.event_id IS 'Event that it fired on.';
COMMENT ON COLUMN warehouse.alert_reconciliation_history.verdict IS 'confirmed, retracted or missed.';
COMMENT ON COLUMN warehouse.alert_reconciliation_history.reason IS
    'Why stream and batch differ; NULL where they do not.';
COMMENT ON COLUMN warehouse.alert_reconciliation_history.judged_at IS 'When the verdict was given.';
COMMENT ON COLUMN warehouse.alert_reconciliation_history.detail IS
    'What proves the reason: names of fields, runs and versions, never values.';

COMMENT ON COLUMN warehouse.missed_alerts.alert_id IS '<rule_id>:<event_id>.';
COMMENT ON COLUMN warehouse.missed_alerts.document IS 'The alert as the alert store got it.';
COMMENT ON COLUMN warehouse.missed_alerts.batch_id IS 'Run that raised it.';

COMMENT ON COLUMN warehouse.reconciliation_runs.batch_id IS 'The run.';
COMMENT ON COLUMN warehouse.reconciliation_runs.run_number IS 'Order of the reconciliations.';
COMMENT ON COLUMN warehouse.reconciliation_runs.topic IS 'Topic of the events.';
COMMENT ON COLUMN warehouse.reconciliation_runs.messages_read IS 'Messages read from the alerts'' topic.';
COMMENT ON COLUMN warehouse.reconciliation_runs.alerts_new IS 'Alerts not read before.';
COMMENT ON COLUMN warehouse.reconciliation_runs.alerts_repeated IS 'Alerts read before: a replay.';
COMMENT ON COLUMN warehouse.reconciliation_runs.messages_refused IS 'Messages that are no alerts.';
COMMENT ON COLUMN warehouse.reconciliation_runs.events_judged IS 'Events that the rules were evaluated on again.';
COMMENT ON COLUMN warehouse.reconciliation_runs.alerts_expected IS 'Alerts that the batch found on them.';

COMMENT ON COLUMN warehouse.refused_alert_messages.topic IS 'Topic of the message.';
COMMENT ON COLUMN warehouse.refused_alert_messages.partition IS 'Its partition.';
COMMENT ON COLUMN warehouse.refused_alert_messages."offset" IS 'Its offset.';
COMMENT ON COLUMN warehouse.refused_alert_messages.detail IS 'What was expected of it; never a value.';
COMMENT ON COLUMN warehouse.refused_alert_messages.detected_at IS 'When the batch refused it.';
COMMENT ON COLUMN warehouse.refused_alert_messages.batch_id IS 'Run that refused it.';

COMMENT ON COLUMN warehouse.schema_migrations.version IS 'Number of the file.';
COMMENT ON COLUMN warehouse.schema_migrations.name IS 'Name of the file.';
COMMENT ON COLUMN warehouse.schema_migrations.checksum IS 'SHA-256 of the file.';
COMMENT ON COLUMN warehouse.schema_migrations.applied_at IS 'When it was applied.';
