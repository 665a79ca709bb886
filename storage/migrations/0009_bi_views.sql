-- What BI tools read. Figures over big tables are materialized and refreshed beside their readers
-- (bi.refresh_views); the others are plain views. '(none)' stands where the events say nothing.

CREATE MATERIALIZED VIEW bi.application_days AS
SELECT date_trunc('day', event_time, 'UTC')::date AS application_date, coalesce(region, '(none)') AS region,
       currency, risk_level, decision, policy_version,
       count(*) AS applications, sum(loan_amount) AS loan_amount, sum(credit_score) AS credit_score_sum
FROM warehouse.credit_scores
GROUP BY 1, 2, 3, 4, 5, 6;
CREATE UNIQUE INDEX application_days_once ON bi.application_days
    (application_date, region, currency, risk_level, decision, policy_version);

CREATE MATERIALIZED VIEW bi.loan_distribution AS
SELECT risk_level, currency,
       (ARRAY[0, 1000, 5000, 10000, 15000, 25000, 50000])[
           width_bucket(loan_amount, ARRAY[1000, 5000, 10000, 15000, 25000, 50000]::numeric[]) + 1]
           AS loan_amount_from,
       decision, count(*) AS applications, sum(loan_amount) AS loan_amount,
       avg(loan_amount)::numeric(14, 2) AS loan_amount_mean
FROM warehouse.credit_scores
GROUP BY 1, 2, 3, 4;
CREATE UNIQUE INDEX loan_distribution_once ON bi.loan_distribution
    (risk_level, currency, loan_amount_from, decision);

CREATE MATERIALIZED VIEW bi.transaction_days AS
SELECT date_trunc('day', event_time, 'UTC')::date AS transaction_date, currency,
       coalesce(card_type, '(none)') AS card_type, coalesce(risk_level, '(none)') AS risk_level,
       CASE is_fraud WHEN true THEN 'fraud' WHEN false THEN 'normal' ELSE 'unlabelled' END AS fraud_status,
       count(*) AS transactions, sum(amount) AS amount, max(amount) AS amount_max
FROM warehouse.processed_transactions
GROUP BY 1, 2, 3, 4, 5;
CREATE UNIQUE INDEX transaction_days_once ON bi.transaction_days
    (transaction_date, currency, card_type, risk_level, fraud_status);

CREATE MATERIALIZED VIEW bi.regional_fraud AS
SELECT coalesce(country, '(none)') AS country, coalesce(city, '(none)') AS city, currency,
       count(*) AS transactions, count(is_fraud) AS transactions_labelled,
       count(*) FILTER (WHERE is_fraud) AS transactions_fraud, sum(amount) AS amount,
       coalesce(sum(amount) FILTER (WHERE is_fraud), 0) AS amount_fraud
FROM warehouse.processed_transactions
GROUP BY 1, 2, 3;
CREATE UNIQUE INDEX regional_fraud_once ON bi.regional_fraud (country, city, currency);

CREATE MATERIALIZED VIEW bi.approval_funnel AS
SELECT date_trunc('month', c.event_time, 'UTC')::date AS application_month, stage.stage_order, stage.stage,
       count(*) FILTER (WHERE stage.reached) AS applications
FROM warehouse.credit_scores AS c
LEFT JOIN warehouse.loans AS l ON l.loan_id = c.application_id AND c.decision = 'approve'
CROSS JOIN LATERAL (VALUES
    (1, 'applied', true),
    (2, 'not high risk', c.risk_level <> 'High'),
    (3, 'approved', c.decision = 'approve'),
    (4, 'payment seen', l.last_payment_at IS NOT NULL),
    (5, 'paid up', l.delinquency = 'current')
) AS stage (stage_order, stage, reached)
GROUP BY 1, 2, 3;
CREATE UNIQUE INDEX approval_funnel_once ON bi.approval_funnel (application_month, stage_order);

CREATE MATERIALIZED VIEW bi.loan_book AS
SELECT coalesce(risk_level, '(none)') AS risk_level, coalesce(currency, '(none)') AS currency, delinquency,
       count(*) AS loans, coalesce(sum(loan_amount), 0) AS loan_amount, sum(amount_paid) AS amount_paid,
       count(defaulted_at) AS loans_bad
FROM warehouse.loans
GROUP BY 1, 2, 3;
CREATE UNIQUE INDEX loan_book_once ON bi.loan_book (risk_level, currency, delinquency);

CREATE MATERIALIZED VIEW bi.vintage_curves AS
WITH aged AS (
    SELECT date_trunc('month', issued_at, 'UTC')::date AS cohort_month, risk_level,
           CASE WHEN defaulted_at IS NOT NULL THEN greatest(0, (
               date_part('year', defaulted_at AT TIME ZONE 'UTC') * 12
               + date_part('month', defaulted_at AT TIME ZONE 'UTC')
               - date_part('year', issued_at AT TIME ZONE 'UTC') * 12
               - date_part('month', issued_at AT TIME ZONE 'UTC'))::integer) END AS bad_after_months
    FROM warehouse.loans WHERE issued_at IS NOT NULL
), horizon AS (
    SELECT date_trunc('month', max(greatest(issued_at, last_payment_at)), 'UTC')::date AS newest_month
    FROM warehouse.loans
), cohort AS (
    SELECT cohort_month, risk_level, count(*) AS loans FROM aged GROUP BY 1, 2
), bad AS (
    SELECT cohort_month, risk_level, bad_after_months, count(*) AS loans_bad
    FROM aged WHERE bad_after_months IS NOT NULL GROUP BY 1, 2, 3
), grid AS (
    SELECT cohort.*, months_since_issue
    FROM cohort CROSS JOIN horizon CROSS JOIN LATERAL generate_series(0, (
        date_part('year', newest_month) * 12 + date_part('month', newest_month)
        - date_part('year', cohort_month) * 12 - date_part('month', cohort_month))::integer) AS months_since_issue
), curve AS (
    SELECT grid.*, sum(coalesce(loans_bad, 0)) OVER (
        PARTITION BY grid.cohort_month, grid.risk_level ORDER BY months_since_issue) AS loans_bad
    FROM grid LEFT JOIN bad
        ON (bad.cohort_month, bad.risk_level, bad.bad_after_months)
            = (grid.cohort_month, grid.risk_level, grid.months_since_issue)
)
SELECT cohort_month, risk_level, months_since_issue, loans, loans_bad::bigint AS loans_bad,
       round(loans_bad / loans, 6) AS bad_rate
FROM curve;
CREATE UNIQUE INDEX vintage_curves_once ON bi.vintage_curves (cohort_month, risk_level, months_since_issue);

CREATE MATERIALIZED VIEW bi.delinquency_roll_rates AS
WITH months AS (
    SELECT DISTINCT ON (loan_id, 2) loan_id, date_trunc('month', event_time, 'UTC')::date AS month, delinquency
    FROM warehouse.loan_payments
    ORDER BY loan_id, 2, event_time DESC, append_time DESC, partition DESC, "offset" DESC
), moves AS (
    SELECT month, delinquency, lead(month) OVER by_loan AS next_month,
           lead(delinquency) OVER by_loan AS next_delinquency
    FROM months WINDOW by_loan AS (PARTITION BY loan_id ORDER BY month)
), counted AS (
    SELECT month AS from_month, delinquency AS from_delinquency,
           CASE WHEN next_month = month + interval '1 month' THEN next_delinquency ELSE 'no payment event' END
               AS to_delinquency, count(*) AS loans
    FROM moves WHERE month < (SELECT max(month) FROM months)
    GROUP BY 1, 2, 3
)
SELECT *, round(loans / sum(loans) OVER (PARTITION BY from_month, from_delinquency), 6) AS rate
FROM counted;
CREATE UNIQUE INDEX delinquency_roll_rates_once ON bi.delinquency_roll_rates
    (from_month, from_delinquency, to_delinquency);

CREATE OR REPLACE VIEW bi.risk_level_distribution AS
SELECT application_date, nullif(region, '(none)') AS region, currency, risk_level, decision, policy_version,
       applications::bigint AS applications, loan_amount,
       (credit_score_sum::numeric / applications)::numeric(6, 2) AS credit_score_mean
FROM bi.application_days;

CREATE VIEW bi.decision_rates_by_region AS
SELECT region, sum(applications)::bigint AS applications,
       coalesce(sum(applications) FILTER (WHERE decision = 'approve'), 0)::bigint AS approved,
       coalesce(sum(applications) FILTER (WHERE decision = 'review'), 0)::bigint AS reviewed,
       coalesce(sum(applications) FILTER (WHERE decision = 'reject'), 0)::bigint AS rejected,
       round(coalesce(sum(applications) FILTER (WHERE decision = 'approve'), 0) / sum(applications), 6)
           AS approval_rate,
       round(coalesce(sum(applications) FILTER (WHERE decision = 'reject'), 0) / sum(applications), 6)
           AS rejection_rate
FROM bi.application_days
GROUP BY region;

CREATE VIEW bi.average_score AS
SELECT application_date, region, sum(applications)::bigint AS applications,
       round(sum(credit_score_sum)::numeric / sum(applications), 2) AS credit_score_mean
FROM bi.application_days
GROUP BY application_date, region;

CREATE VIEW bi.fraud_against_normal AS
SELECT currency, fraud_status, sum(transactions)::bigint AS transactions, sum(amount) AS amount,
       round(sum(amount) / sum(transactions), 2) AS amount_mean, max(amount_max) AS amount_max,
       round(sum(transactions) / sum(sum(transactions)) OVER (PARTITION BY currency), 6) AS share_of_transactions
FROM bi.transaction_days
GROUP BY currency, fraud_status;

CREATE VIEW bi.amounts_over_time AS
SELECT transaction_date, currency, sum(transactions)::bigint AS transactions, sum(amount) AS amount,
       coalesce(sum(amount) FILTER (WHERE fraud_status = 'fraud'), 0) AS amount_fraud,
       round(sum(amount) / sum(transactions), 2) AS amount_mean
FROM bi.transaction_days
GROUP BY transaction_date, currency;

CREATE OR REPLACE VIEW bi.fraud_alerts AS
SELECT coalesce(r.alert_id, s.alert_id) AS alert_id, coalesce(r.rule_id, s.rule_id) AS rule_id,
       coalesce(r.event_id, s.event_id) AS event_id, coalesce(s.user_id, m.document ->> 'user_id') AS user_id,
       coalesce(s.event_time, to_timestamp((m.document ->> 'event_time_ms')::bigint / 1000.0::float8)) AS event_time,
       coalesce(r.verdict, 'provisional') AS verdict, r.reason, r.judged_at,
       coalesce(r.batch_id, s.batch_id) AS batch_id
FROM warehouse.alert_reconciliation AS r
FULL JOIN warehouse.stream_alerts AS s USING (alert_id)
LEFT JOIN warehouse.missed_alerts AS m ON m.alert_id = r.alert_id;

CREATE VIEW bi.alerts_over_time AS
SELECT date_trunc('day', event_time, 'UTC')::date AS event_date, rule_id, verdict, count(*) AS alerts
FROM bi.fraud_alerts
GROUP BY 1, 2, 3;

CREATE VIEW bi.layer_agreement AS
SELECT date_trunc('day', event_time, 'UTC')::date AS event_date, rule_id, count(*) AS alerts_judged,
       count(*) FILTER (WHERE verdict = 'confirmed') AS confirmed,
       count(*) FILTER (WHERE verdict = 'retracted') AS retracted,
       count(*) FILTER (WHERE verdict = 'missed') AS missed,
       count(*) FILTER (WHERE reason = 'unexplained') AS unexplained,
       round(count(*) FILTER (WHERE verdict = 'confirmed') / count(*)::numeric, 6) AS agreement_rate
FROM bi.fraud_alerts
WHERE verdict <> 'provisional'
GROUP BY 1, 2;

CREATE VIEW bi.data_quality_over_time AS
SELECT date_trunc('day', finished_at, 'UTC')::date AS landed_date, source, outcome,
       sum(messages)::bigint AS messages
FROM warehouse.batch_runs
CROSS JOIN LATERAL (
    SELECT 'accepted', rows_accepted UNION ALL SELECT 'duplicate', rows_duplicate
    UNION ALL SELECT key, value::bigint FROM jsonb_each_text(quarantined_by_reason)
) AS counted (outcome, messages)
WHERE job = 'land_events' AND status = 'succeeded'
GROUP BY 1, 2, 3;

CREATE FUNCTION bi.refresh_views() RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET work_mem = '128MB'
AS $$
DECLARE
    time_index regclass;
    view_name text;
    refreshed integer := 0;
BEGIN
    -- New pages count for a block range index only once they are summarized.
    FOR time_index IN
        SELECT c.oid FROM pg_class AS c JOIN pg_am AS a ON a.oid = c.relam
        WHERE a.amname = 'brin' AND c.relkind = 'i' AND c.relnamespace = 'warehouse'::regnamespace
    LOOP
        PERFORM brin_summarize_new_values(time_index);
    END LOOP;
    FOR view_name IN SELECT matviewname FROM pg_matviews WHERE schemaname = 'bi' ORDER BY 1 LOOP
        EXECUTE format('REFRESH MATERIALIZED VIEW CONCURRENTLY bi.%I', view_name);
        refreshed := refreshed + 1;
    END LOOP;
    RETURN refreshed;
END
$$;
COMMENT ON FUNCTION bi.refresh_views() IS
    'Computes all materialized views anew while they are read, and returns how many there are; summarizes new pages.';
REVOKE ALL ON FUNCTION bi.refresh_views() FROM PUBLIC;
GRANT USAGE ON SCHEMA bi TO tandem_batch;
GRANT EXECUTE ON FUNCTION bi.refresh_views() TO tandem_batch;
