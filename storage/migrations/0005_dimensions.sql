-- Users, merchants, loans, payments and what became known of fraud. All of it is derived from accepted
-- events, by upserts that give the same rows whatever the order of the runs.

ALTER TABLE warehouse.credit_scores
    ADD COLUMN purpose text,
    ADD COLUMN term_months integer CHECK (term_months BETWEEN 1 AND 600),
    ADD COLUMN annual_income numeric(14,2) CHECK (annual_income >= 0),
    ADD COLUMN employment_status text,
    ADD CONSTRAINT credit_score_in_range CHECK (credit_score BETWEEN 300 AND 850),
    ADD CONSTRAINT loan_amount_is_positive CHECK (loan_amount > 0);
COMMENT ON COLUMN warehouse.credit_scores.purpose IS 'What the loan is for, as the applicant said.';
COMMENT ON COLUMN warehouse.credit_scores.term_months IS 'Term asked for, in months.';
COMMENT ON COLUMN warehouse.credit_scores.annual_income IS 'Income a year, in units of the currency.';
COMMENT ON COLUMN warehouse.credit_scores.employment_status IS 'Employment as the applicant said.';

-- What is read by time lies by day on disk: a block range index of some pages does the work of a large tree.
DROP INDEX warehouse.credit_scores_by_time;
CREATE INDEX credit_scores_by_time ON warehouse.credit_scores
    USING brin (event_time) WITH (pages_per_range = 32, autosummarize = on);
DROP INDEX warehouse.processed_transactions_by_time;
CREATE INDEX processed_transactions_by_time ON warehouse.processed_transactions
    USING brin (event_time) WITH (pages_per_range = 32, autosummarize = on);

ALTER TABLE warehouse.processed_transactions
    ADD COLUMN channel text CHECK (channel IN ('pos', 'ecommerce', 'atm')),
    ADD COLUMN is_fraud_known_at timestamptz,
    ADD CONSTRAINT amount_is_not_negative CHECK (amount >= 0);
UPDATE warehouse.processed_transactions AS t SET is_fraud_known_at = l.event_time
FROM warehouse.fraud_labels AS l WHERE l.labelled_event_id = t.transaction_id AND t.is_fraud IS NOT NULL;
ALTER TABLE warehouse.processed_transactions
    ADD CONSTRAINT known_fraud_has_a_date CHECK ((is_fraud IS NULL) = (is_fraud_known_at IS NULL));
COMMENT ON COLUMN warehouse.processed_transactions.channel IS 'Where the card was used: pos, ecommerce or atm.';
COMMENT ON COLUMN warehouse.processed_transactions.is_fraud_known_at IS
    'When is_fraud became known: event time of the label in force. Not known before, whatever the run.';

CREATE TABLE warehouse.users (
    user_id           text COLLATE "C" NOT NULL,
    valid_from        timestamptz NOT NULL,
    valid_to          timestamptz,
    is_current        boolean GENERATED ALWAYS AS (valid_to IS NULL) STORED,
    application_id    text COLLATE "C",
    credit_score      integer CHECK (credit_score BETWEEN 300 AND 850),
    risk_level        text CHECK (risk_level IN ('Low', 'Medium', 'High')),
    policy_version    integer REFERENCES warehouse.risk_policies,
    region            text,
    employment_status text,
    annual_income     numeric(14,2),
    batch_id          text COLLATE "C" NOT NULL,
    PRIMARY KEY (user_id, valid_from),
    CONSTRAINT period_is_not_empty CHECK (valid_to > valid_from),
    CONSTRAINT level_comes_with_its_application CHECK (
        (application_id IS NULL) = (risk_level IS NULL) AND (risk_level IS NULL) = (credit_score IS NULL)
        AND (risk_level IS NULL) = (policy_version IS NULL)),
    -- These two leave one way to lay out a user's periods: end to end, without gap or overlap.
    CONSTRAINT period_ends_where_the_next_begins FOREIGN KEY (user_id, valid_to)
        REFERENCES warehouse.users (user_id, valid_from) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT period_is_followed_once UNIQUE NULLS NOT DISTINCT (user_id, valid_to) DEFERRABLE INITIALLY DEFERRED
);
COMMENT ON TABLE warehouse.users IS
    'One row per user and period in which the same application was the latest one (slowly changing, type 2).';
COMMENT ON COLUMN warehouse.users.user_id IS 'The customer.';
COMMENT ON COLUMN warehouse.users.valid_from IS
    'Event time from which the row holds; 2000-01-01, the earliest event time, before the first application.';
COMMENT ON COLUMN warehouse.users.valid_to IS 'Event time at which the next row takes over; NULL for the current one.';
COMMENT ON COLUMN warehouse.users.is_current IS 'True for the row that holds now.';
COMMENT ON COLUMN warehouse.users.application_id IS
    'Application that the values come from; NULL before the first one.';
COMMENT ON COLUMN warehouse.users.credit_score IS 'Bureau score of that application, 300 to 850.';
COMMENT ON COLUMN warehouse.users.risk_level IS 'Risk level of that application under policy_version.';
COMMENT ON COLUMN warehouse.users.policy_version IS 'Risk policy that gave the level.';
COMMENT ON COLUMN warehouse.users.region IS 'Region of that application.';
COMMENT ON COLUMN warehouse.users.employment_status IS 'Employment of that application.';
COMMENT ON COLUMN warehouse.users.annual_income IS 'Income a year of that application, in its currency.';
COMMENT ON COLUMN warehouse.users.batch_id IS 'Run that last wrote the row.';

CREATE TABLE warehouse.merchants (
    merchant_id          text COLLATE "C" PRIMARY KEY,
    merchant_category    text,
    country              text,
    city                 text,
    first_transaction_at timestamptz NOT NULL,
    last_transaction_at  timestamptz NOT NULL,
    last_transaction_id  text COLLATE "C" NOT NULL,
    batch_id             text COLLATE "C" NOT NULL,
    CONSTRAINT first_is_not_after_last CHECK (first_transaction_at <= last_transaction_at)
);
COMMENT ON TABLE warehouse.merchants IS 'One row per merchant that an accepted transaction names.';
COMMENT ON COLUMN warehouse.merchants.merchant_id IS 'The merchant or terminal.';
COMMENT ON COLUMN warehouse.merchants.merchant_category IS 'What it sells, as its latest transaction said.';
COMMENT ON COLUMN warehouse.merchants.country IS 'Country of its latest transaction, ISO 3166-1 alpha-2.';
COMMENT ON COLUMN warehouse.merchants.city IS 'City of its latest transaction.';
COMMENT ON COLUMN warehouse.merchants.first_transaction_at IS 'Event time of its first transaction.';
COMMENT ON COLUMN warehouse.merchants.last_transaction_at IS 'Event time of its latest transaction.';
COMMENT ON COLUMN warehouse.merchants.last_transaction_id IS
    'Its latest transaction, the greatest id of several at one time.';
COMMENT ON COLUMN warehouse.merchants.batch_id IS 'Run that last wrote the row.';

CREATE TABLE warehouse.loan_payments (
    payment_id    text COLLATE "C" PRIMARY KEY,
    loan_id       text COLLATE "C" NOT NULL,
    user_id       text COLLATE "C" NOT NULL,
    status        text NOT NULL CHECK (status IN ('made', 'missed')),
    amount        numeric(14,2) NOT NULL CHECK (amount >= 0),
    days_past_due integer CHECK (days_past_due >= 0),
    delinquency   text NOT NULL GENERATED ALWAYS AS (
        CASE WHEN status = 'made' THEN 'current'
             WHEN days_past_due >= 90 THEN '90+'
             WHEN days_past_due >= 60 THEN '60-89'
             WHEN days_past_due >= 30 THEN '30-59'
             ELSE '1-29' END) STORED,
    event_time    timestamptz NOT NULL,
    append_time   timestamptz NOT NULL,
    partition     integer NOT NULL,
    "offset"      bigint NOT NULL,
    batch_id      text COLLATE "C" NOT NULL
);
CREATE INDEX loan_payments_by_loan ON warehouse.loan_payments
    (loan_id, event_time, append_time, partition, "offset");
CREATE INDEX loan_payments_by_time ON warehouse.loan_payments
    USING brin (event_time) WITH (pages_per_range = 32, autosummarize = on);
COMMENT ON TABLE warehouse.loan_payments IS 'One row per accepted payment event: an instalment, made or missed.';
COMMENT ON COLUMN warehouse.loan_payments.payment_id IS 'event_id of the payment.';
COMMENT ON COLUMN warehouse.loan_payments.loan_id IS 'application_id of the loan''s application.';
COMMENT ON COLUMN warehouse.loan_payments.user_id IS 'The customer whose event it is.';
COMMENT ON COLUMN warehouse.loan_payments.status IS 'made or missed.';
COMMENT ON COLUMN warehouse.loan_payments.amount IS 'Amount paid, in units of the loan''s currency.';
COMMENT ON COLUMN warehouse.loan_payments.days_past_due IS 'Days since the instalment was due, where the event says so.';
COMMENT ON COLUMN warehouse.loan_payments.delinquency IS
    'current after a payment; after a missed one the band of days_past_due: 1-29 (also where unsaid), 30-59, 60-89, 90+.';
COMMENT ON COLUMN warehouse.loan_payments.event_time IS 'When it was paid or missed.';
COMMENT ON COLUMN warehouse.loan_payments.append_time IS
    'With partition and offset: which of two payments of the same event time is the later one.';
COMMENT ON COLUMN warehouse.loan_payments.partition IS 'Partition of the topic, or of the file.';
COMMENT ON COLUMN warehouse.loan_payments."offset" IS 'Offset in the partition, or line of the file.';
COMMENT ON COLUMN warehouse.loan_payments.batch_id IS 'Run that last wrote the row.';

CREATE TABLE warehouse.loans (
    loan_id           text COLLATE "C" PRIMARY KEY,
    user_id           text COLLATE "C" NOT NULL,
    loan_amount       numeric(14,2) CHECK (loan_amount > 0),
    currency          text,
    region            text,
    purpose           text,
    term_months       integer,
    credit_score      integer,
    risk_level        text CHECK (risk_level IN ('Low', 'Medium', 'High')),
    issued_at         timestamptz,
    payments_made     integer NOT NULL DEFAULT 0 CHECK (payments_made >= 0),
    payments_missed   integer NOT NULL DEFAULT 0 CHECK (payments_missed >= 0),
    amount_paid       numeric(20,2) NOT NULL DEFAULT 0 CHECK (amount_paid >= 0),
    first_payment_at  timestamptz,
    last_payment_at   timestamptz,
    delinquency       text NOT NULL DEFAULT 'no payment due'
        CHECK (delinquency IN ('no payment due', 'current', '1-29', '30-59', '60-89', '90+')),
    days_past_due_max integer,
    defaulted_at      timestamptz,
    batch_id          text COLLATE "C" NOT NULL,
    CONSTRAINT application_is_known_or_not CHECK (
        (issued_at IS NULL) = (loan_amount IS NULL) AND (issued_at IS NULL) = (risk_level IS NULL)),
    CONSTRAINT behaviour_comes_with_payments CHECK (
        (payments_made + payments_missed = 0) = (last_payment_at IS NULL)
        AND (last_payment_at IS NULL) = (delinquency = 'no payment due'))
);
CREATE INDEX loans_by_user ON warehouse.loans (user_id);
CREATE INDEX loans_by_time ON warehouse.loans
    USING brin (issued_at) WITH (pages_per_range = 32, autosummarize = on);
COMMENT ON TABLE warehouse.loans IS
    'One row per loan: an application that the policy approved, or that a payment names, with its payment behaviour.';
COMMENT ON COLUMN warehouse.loans.loan_id IS 'application_id of the loan''s application.';
COMMENT ON COLUMN warehouse.loans.user_id IS 'The borrower; of the first payment where the application is not known.';
COMMENT ON COLUMN warehouse.loans.loan_amount IS 'Amount lent; NULL where the application is not known.';
COMMENT ON COLUMN warehouse.loans.currency IS 'Currency of the application, ISO 4217.';
COMMENT ON COLUMN warehouse.loans.region IS 'Region of the applicant.';
COMMENT ON COLUMN warehouse.loans.purpose IS 'What the loan is for.';
COMMENT ON COLUMN warehouse.loans.term_months IS 'Term in months.';
COMMENT ON COLUMN warehouse.loans.credit_score IS 'Bureau score of the application.';
COMMENT ON COLUMN warehouse.loans.risk_level IS 'Risk level of the application under the policy in force.';
COMMENT ON COLUMN warehouse.loans.issued_at IS 'Event time of the application; NULL where it is not known.';
COMMENT ON COLUMN warehouse.loans.payments_made IS 'Instalments paid.';
COMMENT ON COLUMN warehouse.loans.payments_missed IS 'Instalments missed.';
COMMENT ON COLUMN warehouse.loans.amount_paid IS 'Sum of the instalments paid, in units of the currency.';
COMMENT ON COLUMN warehouse.loans.first_payment_at IS 'Event time of the first payment event, made or missed.';
COMMENT ON COLUMN warehouse.loans.last_payment_at IS 'Event time of the latest payment event, made or missed.';
COMMENT ON COLUMN warehouse.loans.delinquency IS 'Band of the latest payment event; see warehouse.loan_payments.delinquency.';
COMMENT ON COLUMN warehouse.loans.days_past_due_max IS 'Most days past due that a missed instalment reported.';
COMMENT ON COLUMN warehouse.loans.defaulted_at IS
    'Event time of the first missed instalment of 90 days past due or more: the loan is bad from then on.';
COMMENT ON COLUMN warehouse.loans.batch_id IS 'Run that last wrote the row.';

CREATE TABLE warehouse.fraud_outcomes (
    label_event_id    text COLLATE "C" PRIMARY KEY,
    labelled_event_id text COLLATE "C" NOT NULL,
    is_fraud          boolean NOT NULL,
    source            text CHECK (source IN ('chargeback', 'analyst')),
    event_time        timestamptz NOT NULL,
    append_time       timestamptz NOT NULL,
    partition         integer NOT NULL,
    "offset"          bigint NOT NULL,
    batch_id          text COLLATE "C" NOT NULL
);
CREATE INDEX fraud_outcomes_by_event ON warehouse.fraud_outcomes
    (labelled_event_id, event_time, append_time, partition, "offset");
COMMENT ON TABLE warehouse.fraud_outcomes IS
    'One row per accepted label: all that was ever said of an event. The label in force is in fraud_labels.';
COMMENT ON COLUMN warehouse.fraud_outcomes.label_event_id IS 'event_id of the label.';
COMMENT ON COLUMN warehouse.fraud_outcomes.labelled_event_id IS 'event_id of the event that is judged.';
COMMENT ON COLUMN warehouse.fraud_outcomes.is_fraud IS 'True for fraud.';
COMMENT ON COLUMN warehouse.fraud_outcomes.source IS 'Who said so: chargeback or analyst.';
COMMENT ON COLUMN warehouse.fraud_outcomes.event_time IS 'When it became known.';
COMMENT ON COLUMN warehouse.fraud_outcomes.append_time IS 'When the broker appended the label.';
COMMENT ON COLUMN warehouse.fraud_outcomes.partition IS 'Partition of the topic, or of the file.';
COMMENT ON COLUMN warehouse.fraud_outcomes."offset" IS 'Offset in the partition, or line of the file.';
COMMENT ON COLUMN warehouse.fraud_outcomes.batch_id IS 'Run that first wrote the row.';

GRANT INSERT, UPDATE ON warehouse.users, warehouse.merchants, warehouse.loan_payments, warehouse.loans
    TO tandem_batch;
GRANT INSERT ON warehouse.fraud_outcomes TO tandem_batch;
-- A recompute under a stricter policy takes back a loan that nothing was paid on.
GRANT DELETE ON warehouse.loans TO tandem_batch;
