-- What the views and their columns hold, and where each figure comes from.

COMMENT ON MATERIALIZED VIEW bi.application_days IS
    'One row per day, region, currency, risk level, decision and policy version: applications and their sums.';
COMMENT ON COLUMN bi.application_days.application_date IS 'Day of the application, UTC.';
COMMENT ON COLUMN bi.application_days.region IS 'Region of the applicant; (none) where unsaid.';
COMMENT ON COLUMN bi.application_days.currency IS 'ISO 4217 code.';
COMMENT ON COLUMN bi.application_days.risk_level IS 'Low, Medium or High.';
COMMENT ON COLUMN bi.application_days.decision IS 'approve, review or reject.';
COMMENT ON COLUMN bi.application_days.policy_version IS 'Risk policy that gave level and decision.';
COMMENT ON COLUMN bi.application_days.applications IS 'Number of applications.';
COMMENT ON COLUMN bi.application_days.loan_amount IS 'Sum of the amounts asked for, in units of the currency.';
COMMENT ON COLUMN bi.application_days.credit_score_sum IS
    'Sum of the bureau scores; by applications it gives their mean.';

COMMENT ON MATERIALIZED VIEW bi.loan_distribution IS
    'One row per risk level, currency, band of loan amount and decision: applications and amounts.';
COMMENT ON COLUMN bi.loan_distribution.risk_level IS 'Low, Medium or High.';
COMMENT ON COLUMN bi.loan_distribution.currency IS 'ISO 4217 code.';
COMMENT ON COLUMN bi.loan_distribution.loan_amount_from IS
    'Lower end of the band: 0, 1000, 5000, 10000, 15000, 25000 or 50000, the end itself included.';
COMMENT ON COLUMN bi.loan_distribution.decision IS 'approve, review or reject.';
COMMENT ON COLUMN bi.loan_distribution.applications IS 'Number of applications.';
COMMENT ON COLUMN bi.loan_distribution.loan_amount IS 'Sum of the amounts asked for, in units of the currency.';
COMMENT ON COLUMN bi.loan_distribution.loan_amount_mean IS 'Mean amount asked for.';

COMMENT ON MATERIALIZED VIEW bi.transaction_days IS
    'One row per day, currency, card type, risk level and fraud status: transactions and amounts.';
COMMENT ON COLUMN bi.transaction_days.transaction_date IS 'Day of the transaction, UTC.';
COMMENT ON COLUMN bi.transaction_days.currency IS 'ISO 4217 code.';
COMMENT ON COLUMN bi.transaction_days.card_type IS 'Kind of card; (none) where unsaid.';
COMMENT ON COLUMN bi.transaction_days.risk_level IS
    'The user''s level as of the transaction; (none) before an application.';
COMMENT ON COLUMN bi.transaction_days.fraud_status IS
    'fraud or normal by the label in force, unlabelled where there is none yet.';
COMMENT ON COLUMN bi.transaction_days.transactions IS 'Number of transactions.';
COMMENT ON COLUMN bi.transaction_days.amount IS 'Sum of the amounts, in units of the currency.';
COMMENT ON COLUMN bi.transaction_days.amount_max IS 'Largest amount.';

COMMENT ON MATERIALIZED VIEW bi.regional_fraud IS
    'One row per country, city and currency: transactions, and how many are known as fraud.';
COMMENT ON COLUMN bi.regional_fraud.country IS 'Country of the purchase, ISO 3166-1 alpha-2; (none) where unsaid.';
COMMENT ON COLUMN bi.regional_fraud.city IS 'City of the purchase; (none) where unsaid.';
COMMENT ON COLUMN bi.regional_fraud.currency IS 'ISO 4217 code.';
COMMENT ON COLUMN bi.regional_fraud.transactions IS 'Number of transactions.';
COMMENT ON COLUMN bi.regional_fraud.transactions_labelled IS 'Those that a label has judged.';
COMMENT ON COLUMN bi.regional_fraud.transactions_fraud IS 'Those that the label in force calls fraud.';
COMMENT ON COLUMN bi.regional_fraud.amount IS 'Sum of all amounts, in units of the currency.';
COMMENT ON COLUMN bi.regional_fraud.amount_fraud IS 'Sum of the amounts of fraud.';

COMMENT ON MATERIALIZED VIEW bi.approval_funnel IS
    'One row per month of application and stage: how many applications came that far.';
COMMENT ON COLUMN bi.approval_funnel.application_month IS 'First day of the month of the application, UTC.';
COMMENT ON COLUMN bi.approval_funnel.stage_order IS 'Order of the stages, from 1.';
COMMENT ON COLUMN bi.approval_funnel.stage IS
    'applied, not high risk, approved, payment seen (made or missed), paid up (the latest one was made).';
COMMENT ON COLUMN bi.approval_funnel.applications IS 'Applications that reached the stage.';

COMMENT ON MATERIALIZED VIEW bi.loan_book IS 'One row per risk level, currency and delinquency: loans and amounts.';
COMMENT ON COLUMN bi.loan_book.risk_level IS 'Level of the application; (none) where it is not known.';
COMMENT ON COLUMN bi.loan_book.currency IS 'ISO 4217 code; (none) where the application is not known.';
COMMENT ON COLUMN bi.loan_book.delinquency IS 'Band of the latest payment event.';
COMMENT ON COLUMN bi.loan_book.loans IS 'Number of loans.';
COMMENT ON COLUMN bi.loan_book.loan_amount IS 'Sum of the amounts lent, where known.';
COMMENT ON COLUMN bi.loan_book.amount_paid IS 'Sum of the instalments paid.';
COMMENT ON COLUMN bi.loan_book.loans_bad IS 'Loans that ever were 90 days past due or more.';

COMMENT ON MATERIALIZED VIEW bi.vintage_curves IS
    'One row per month of issue, risk level and age in months: share of the loans that had gone bad by then.';
COMMENT ON COLUMN bi.vintage_curves.cohort_month IS 'First day of the month of issue, UTC.';
COMMENT ON COLUMN bi.vintage_curves.risk_level IS 'Level of the application.';
COMMENT ON COLUMN bi.vintage_curves.months_since_issue IS
    'Calendar months from the month of issue, from 0 to the newest month with an event.';
COMMENT ON COLUMN bi.vintage_curves.loans IS 'Loans of the cohort.';
COMMENT ON COLUMN bi.vintage_curves.loans_bad IS 'Those that were 90 days past due or more by the end of that month.';
COMMENT ON COLUMN bi.vintage_curves.bad_rate IS 'loans_bad / loans.';

COMMENT ON MATERIALIZED VIEW bi.delinquency_roll_rates IS
    'One row per month, band at its end and band at the end of the next month: loans that rolled.';
COMMENT ON COLUMN bi.delinquency_roll_rates.from_month IS
    'First day of the month, UTC; the newest month is not there, for its next one is not over.';
COMMENT ON COLUMN bi.delinquency_roll_rates.from_delinquency IS 'Band of the latest payment event in that month.';
COMMENT ON COLUMN bi.delinquency_roll_rates.to_delinquency IS
    'Band of the latest one in the next month; no payment event where there was none.';
COMMENT ON COLUMN bi.delinquency_roll_rates.loans IS 'Number of loans.';
COMMENT ON COLUMN bi.delinquency_roll_rates.rate IS 'Share of the loans that left from_delinquency in that month.';

COMMENT ON VIEW bi.risk_level_distribution IS
    'One row per day (UTC), region, currency, risk level, decision and policy version: applications and their sums.';
COMMENT ON COLUMN bi.risk_level_distribution.application_date IS 'Day of the application, UTC.';
COMMENT ON COLUMN bi.risk_level_distribution.region IS 'Region of the applicant; NULL where unsaid.';
COMMENT ON COLUMN bi.risk_level_distribution.currency IS 'ISO 4217 code.';
COMMENT ON COLUMN bi.risk_level_distribution.risk_level IS 'Low, Medium or High.';
COMMENT ON COLUMN bi.risk_level_distribution.decision IS 'approve, review or reject.';
COMMENT ON COLUMN bi.risk_level_distribution.policy_version IS 'Risk policy that gave level and decision.';
COMMENT ON COLUMN bi.risk_level_distribution.applications IS 'Number of applications.';
COMMENT ON COLUMN bi.risk_level_distribution.loan_amount IS 'Sum of the amounts asked for, in units of the currency.';
COMMENT ON COLUMN bi.risk_level_distribution.credit_score_mean IS 'Mean bureau score.';

COMMENT ON VIEW bi.decision_rates_by_region IS 'One row per region: applications by decision, and their rates.';
COMMENT ON COLUMN bi.decision_rates_by_region.region IS 'Region of the applicant; (none) where unsaid.';
COMMENT ON COLUMN bi.decision_rates_by_region.applications IS 'Number of applications.';
COMMENT ON COLUMN bi.decision_rates_by_region.approved IS 'Approved at once.';
COMMENT ON COLUMN bi.decision_rates_by_region.reviewed IS 'Sent to review.';
COMMENT ON COLUMN bi.decision_rates_by_region.rejected IS 'Rejected.';
COMMENT ON COLUMN bi.decision_rates_by_region.approval_rate IS 'approved / applications.';
COMMENT ON COLUMN bi.decision_rates_by_region.rejection_rate IS 'rejected / applications.';

COMMENT ON VIEW bi.average_score IS 'One row per day (UTC) and region: mean bureau score of the applications.';
COMMENT ON COLUMN bi.average_score.application_date IS 'Day of the application, UTC.';
COMMENT ON COLUMN bi.average_score.region IS 'Region of the applicant; (none) where unsaid.';
COMMENT ON COLUMN bi.average_score.applications IS 'Number of applications.';
COMMENT ON COLUMN bi.average_score.credit_score_mean IS 'Mean bureau score.';

COMMENT ON VIEW bi.fraud_against_normal IS 'One row per currency and fraud status: transactions and amounts.';
COMMENT ON COLUMN bi.fraud_against_normal.currency IS 'ISO 4217 code.';
COMMENT ON COLUMN bi.fraud_against_normal.fraud_status IS 'fraud, normal or unlabelled.';
COMMENT ON COLUMN bi.fraud_against_normal.transactions IS 'Number of transactions.';
COMMENT ON COLUMN bi.fraud_against_normal.amount IS 'Sum of the amounts, in units of the currency.';
COMMENT ON COLUMN bi.fraud_against_normal.amount_mean IS 'Mean amount.';
COMMENT ON COLUMN bi.fraud_against_normal.amount_max IS 'Largest amount.';
COMMENT ON COLUMN bi.fraud_against_normal.share_of_transactions IS 'Share of the transactions in this currency.';

COMMENT ON VIEW bi.amounts_over_time IS 'One row per day (UTC) and currency: transactions and amounts.';
COMMENT ON COLUMN bi.amounts_over_time.transaction_date IS 'Day of the transaction, UTC.';
COMMENT ON COLUMN bi.amounts_over_time.currency IS 'ISO 4217 code.';
COMMENT ON COLUMN bi.amounts_over_time.transactions IS 'Number of transactions.';
COMMENT ON COLUMN bi.amounts_over_time.amount IS 'Sum of the amounts, in units of the currency.';
COMMENT ON COLUMN bi.amounts_over_time.amount_fraud IS 'Sum of the amounts known as fraud.';
COMMENT ON COLUMN bi.amounts_over_time.amount_mean IS 'Mean amount.';

COMMENT ON VIEW bi.fraud_alerts IS 'One row per alert, with the verdict in force.';
COMMENT ON COLUMN bi.fraud_alerts.alert_id IS '<rule_id>:<event_id>.';
COMMENT ON COLUMN bi.fraud_alerts.rule_id IS 'Rule that fired.';
COMMENT ON COLUMN bi.fraud_alerts.event_id IS 'Event that it fired on.';
COMMENT ON COLUMN bi.fraud_alerts.user_id IS 'The customer of that event.';
COMMENT ON COLUMN bi.fraud_alerts.event_time IS 'When that event happened.';
COMMENT ON COLUMN bi.fraud_alerts.verdict IS
    'provisional until the batch has judged; then confirmed, retracted or missed.';
COMMENT ON COLUMN bi.fraud_alerts.reason IS 'Why stream and batch differ; NULL where they do not.';
COMMENT ON COLUMN bi.fraud_alerts.judged_at IS 'When the verdict was given.';
COMMENT ON COLUMN bi.fraud_alerts.batch_id IS 'Run that gave it, or that read the alert.';

COMMENT ON VIEW bi.alerts_over_time IS 'One row per day of event time (UTC), rule and verdict: alerts.';
COMMENT ON COLUMN bi.alerts_over_time.event_date IS 'Day of the event that fired, UTC.';
COMMENT ON COLUMN bi.alerts_over_time.rule_id IS 'Rule that fired.';
COMMENT ON COLUMN bi.alerts_over_time.verdict IS 'provisional, confirmed, retracted or missed.';
COMMENT ON COLUMN bi.alerts_over_time.alerts IS 'Number of alerts.';

COMMENT ON VIEW bi.layer_agreement IS 'One row per day of event time (UTC) and rule: how far stream and batch agree.';
COMMENT ON COLUMN bi.layer_agreement.event_date IS 'Day of the event that fired, UTC.';
COMMENT ON COLUMN bi.layer_agreement.rule_id IS 'Rule that fired.';
COMMENT ON COLUMN bi.layer_agreement.alerts_judged IS 'Alerts that the batch judged.';
COMMENT ON COLUMN bi.layer_agreement.confirmed IS 'Raised by both.';
COMMENT ON COLUMN bi.layer_agreement.retracted IS 'Raised by the stream alone.';
COMMENT ON COLUMN bi.layer_agreement.missed IS 'Raised by the batch alone.';
COMMENT ON COLUMN bi.layer_agreement.unexplained IS 'Differences that nothing recorded explains.';
COMMENT ON COLUMN bi.layer_agreement.agreement_rate IS 'confirmed / alerts_judged.';

COMMENT ON VIEW bi.data_quality_over_time IS 'One row per day of landing (UTC), source and outcome: messages.';
COMMENT ON COLUMN bi.data_quality_over_time.landed_date IS 'Day on which the run ended, UTC.';
COMMENT ON COLUMN bi.data_quality_over_time.source IS 'kafka:<topic>, or the URI of the files.';
COMMENT ON COLUMN bi.data_quality_over_time.outcome IS 'accepted, duplicate, or the reason of the quarantine.';
COMMENT ON COLUMN bi.data_quality_over_time.messages IS 'Number of messages.';

COMMENT ON VIEW bi.quarantine_by_reason IS 'One row per day (UTC), topic and reason: quarantined messages.';
COMMENT ON COLUMN bi.quarantine_by_reason.detected_date IS 'Day on which the batch refused them, UTC.';
COMMENT ON COLUMN bi.quarantine_by_reason.topic IS 'Topic, or URI of the file.';
COMMENT ON COLUMN bi.quarantine_by_reason.reason IS 'Reason of the quarantine.';
COMMENT ON COLUMN bi.quarantine_by_reason.messages IS 'Number of messages.';

CREATE TABLE bi.lineage (
    view_name     text PRIMARY KEY,
    source        text NOT NULL,
    event_column  text,
    figure        text NOT NULL,
    figure_sql    text NOT NULL,
    row_condition text NOT NULL
);
COMMENT ON TABLE bi.lineage IS
    'One row per view of this schema: which rows of which table a row of it was made from.';
COMMENT ON COLUMN bi.lineage.view_name IS 'The view, without its schema.';
COMMENT ON COLUMN bi.lineage.source IS 'Table or view that holds the rows, called s below.';
COMMENT ON COLUMN bi.lineage.event_column IS
    'Its column with the id of the accepted event, which leads to a place on the topic by warehouse.accepted_events; NULL where a row has places or runs of its own.';
COMMENT ON COLUMN bi.lineage.figure IS 'A column of the view that the rows have to give again.';
COMMENT ON COLUMN bi.lineage.figure_sql IS 'What gives it, over those rows.';
COMMENT ON COLUMN bi.lineage.row_condition IS 'Which rows: %(column)s stands for the value of a column of the view.';

INSERT INTO bi.lineage (view_name, source, event_column, figure, figure_sql, row_condition) VALUES
    ('application_days', 'warehouse.credit_scores', 'application_id', 'applications',
     'count(*)',
     'date_trunc(''day'', s.event_time, ''UTC'')::date = %(application_date)s AND coalesce(s.region, ''(none)'') = %(region)s AND s.currency = %(currency)s AND s.risk_level = %(risk_level)s AND s.decision = %(decision)s AND s.policy_version = %(policy_version)s'),
    ('risk_level_distribution', 'warehouse.credit_scores', 'application_id', 'applications',
     'count(*)',
     'date_trunc(''day'', s.event_time, ''UTC'')::date = %(application_date)s AND s.region IS NOT DISTINCT FROM %(region)s AND s.currency = %(currency)s AND s.risk_level = %(risk_level)s AND s.decision = %(decision)s AND s.policy_version = %(policy_version)s'),
    ('loan_distribution', 'warehouse.credit_scores', 'application_id', 'applications',
     'count(*)',
     's.currency = %(currency)s AND s.risk_level = %(risk_level)s AND s.decision = %(decision)s AND %(loan_amount_from)s = (SELECT max(low) FROM unnest(ARRAY[0, 1000, 5000, 10000, 15000, 25000, 50000]) AS low WHERE low = 0 OR low <= s.loan_amount)'),
    ('decision_rates_by_region', 'warehouse.credit_scores', 'application_id', 'applications',
     'count(*)',
     'coalesce(s.region, ''(none)'') = %(region)s'),
    ('average_score', 'warehouse.credit_scores', 'application_id', 'credit_score_mean',
     'round(avg(s.credit_score), 2)',
     'date_trunc(''day'', s.event_time, ''UTC'')::date = %(application_date)s AND coalesce(s.region, ''(none)'') = %(region)s'),
    ('approval_funnel', 'warehouse.credit_scores', 'application_id', 'applications',
     'count(*)',
     'date_trunc(''month'', s.event_time, ''UTC'')::date = %(application_month)s AND CASE %(stage_order)s WHEN 1 THEN true WHEN 2 THEN s.risk_level <> ''High'' WHEN 3 THEN s.decision = ''approve'' ELSE s.decision = ''approve'' AND EXISTS (SELECT FROM warehouse.loans AS l WHERE l.loan_id = s.application_id AND l.last_payment_at IS NOT NULL AND (%(stage_order)s = 4 OR l.delinquency = ''current'')) END'),
    ('transaction_days', 'warehouse.processed_transactions', 'transaction_id', 'amount',
     'sum(s.amount)',
     'date_trunc(''day'', s.event_time, ''UTC'')::date = %(transaction_date)s AND s.currency = %(currency)s AND coalesce(s.card_type, ''(none)'') = %(card_type)s AND coalesce(s.risk_level, ''(none)'') = %(risk_level)s AND s.is_fraud IS NOT DISTINCT FROM CASE %(fraud_status)s WHEN ''fraud'' THEN true WHEN ''normal'' THEN false END'),
    ('amounts_over_time', 'warehouse.processed_transactions', 'transaction_id', 'amount',
     'sum(s.amount)',
     'date_trunc(''day'', s.event_time, ''UTC'')::date = %(transaction_date)s AND s.currency = %(currency)s'),
    ('fraud_against_normal', 'warehouse.processed_transactions', 'transaction_id', 'amount',
     'sum(s.amount)',
     's.currency = %(currency)s AND s.is_fraud IS NOT DISTINCT FROM CASE %(fraud_status)s WHEN ''fraud'' THEN true WHEN ''normal'' THEN false END'),
    ('regional_fraud', 'warehouse.processed_transactions', 'transaction_id', 'transactions_fraud',
     'count(*) FILTER (WHERE s.is_fraud)',
     'coalesce(s.country, ''(none)'') = %(country)s AND coalesce(s.city, ''(none)'') = %(city)s AND s.currency = %(currency)s'),
    ('loan_book', 'warehouse.loans', 'loan_id', 'loans',
     'count(*)',
     'coalesce(s.risk_level, ''(none)'') = %(risk_level)s AND coalesce(s.currency, ''(none)'') = %(currency)s AND s.delinquency = %(delinquency)s'),
    ('vintage_curves', 'warehouse.loans', 'loan_id', 'loans_bad',
     'count(*) FILTER (WHERE date_trunc(''month'', s.defaulted_at, ''UTC'')::date <= %(cohort_month)s + make_interval(months => %(months_since_issue)s))',
     'date_trunc(''month'', s.issued_at, ''UTC'')::date = %(cohort_month)s AND s.risk_level = %(risk_level)s'),
    ('delinquency_roll_rates', 'warehouse.loan_payments', 'payment_id', 'loans',
     'count(DISTINCT s.loan_id)',
     'date_trunc(''month'', s.event_time, ''UTC'')::date = %(from_month)s AND s.delinquency = %(from_delinquency)s AND s.payment_id = (SELECT p.payment_id FROM warehouse.loan_payments AS p WHERE p.loan_id = s.loan_id AND date_trunc(''month'', p.event_time, ''UTC'')::date = %(from_month)s ORDER BY p.event_time DESC, p.append_time DESC, p.partition DESC, p."offset" DESC LIMIT 1) AND %(to_delinquency)s = coalesce((SELECT p.delinquency FROM warehouse.loan_payments AS p WHERE p.loan_id = s.loan_id AND date_trunc(''month'', p.event_time, ''UTC'')::date = %(from_month)s + interval ''1 month'' ORDER BY p.event_time DESC, p.append_time DESC, p.partition DESC, p."offset" DESC LIMIT 1), ''no payment event'')'),
    ('fraud_alerts', 'bi.fraud_alerts', 'event_id', 'rule_id',
     'max(s.rule_id)',
     's.alert_id = %(alert_id)s'),
    ('alerts_over_time', 'bi.fraud_alerts', 'event_id', 'alerts',
     'count(*)',
     'date_trunc(''day'', s.event_time, ''UTC'')::date = %(event_date)s AND s.rule_id = %(rule_id)s AND s.verdict = %(verdict)s'),
    ('layer_agreement', 'bi.fraud_alerts', 'event_id', 'alerts_judged',
     'count(*)',
     'date_trunc(''day'', s.event_time, ''UTC'')::date = %(event_date)s AND s.rule_id = %(rule_id)s AND s.verdict <> ''provisional'''),
    ('data_quality_over_time', 'warehouse.batch_runs', NULL, 'messages',
     'CASE %(outcome)s WHEN ''accepted'' THEN sum(s.rows_accepted) WHEN ''duplicate'' THEN sum(s.rows_duplicate) ELSE sum((s.quarantined_by_reason ->> %(outcome)s)::bigint) END',
     'date_trunc(''day'', s.finished_at, ''UTC'')::date = %(landed_date)s AND s.source = %(source)s AND s.job = ''land_events'' AND s.status = ''succeeded'''),
    ('quarantine_by_reason', 'warehouse.data_quality_issues', NULL, 'messages',
     'count(*)',
     'date_trunc(''day'', s.detected_at, ''UTC'')::date = %(detected_date)s AND s.topic = %(topic)s AND s.reason = %(reason)s');
