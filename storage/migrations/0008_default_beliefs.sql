-- What the Bayesian model believes, after each batch of payments, and of each loan.

CREATE TABLE warehouse.default_beliefs (
    batch_id       text COLLATE "C" PRIMARY KEY REFERENCES warehouse.batch_runs,
    belief         jsonb NOT NULL,
    payments_taken bigint NOT NULL CHECK (payments_taken >= 0),
    payments_new   bigint NOT NULL CHECK (payments_new >= 0)
);
COMMENT ON TABLE warehouse.default_beliefs IS
    'One row per run of update_beliefs: the belief of the Bayesian model after it; rows are only added.';
COMMENT ON COLUMN warehouse.default_beliefs.batch_id IS 'The run.';
COMMENT ON COLUMN warehouse.default_beliefs.belief IS 'Names of the weights, their mean and their covariance.';
COMMENT ON COLUMN warehouse.default_beliefs.payments_taken IS 'Payments that the belief rests on.';
COMMENT ON COLUMN warehouse.default_beliefs.payments_new IS 'Payments that this run added.';

CREATE TABLE warehouse.loan_default_risk (
    application_id   text COLLATE "C" PRIMARY KEY,
    user_id          text COLLATE "C" NOT NULL,
    payments         integer NOT NULL,
    missed           integer NOT NULL,
    utilisation      double precision,
    miss_probability double precision NOT NULL CHECK (miss_probability BETWEEN 0 AND 1),
    miss_low         double precision NOT NULL,
    miss_high        double precision NOT NULL,
    as_of            timestamptz NOT NULL,
    batch_id         text COLLATE "C" NOT NULL REFERENCES warehouse.batch_runs,
    CONSTRAINT the_interval_holds_its_middle CHECK (miss_low <= miss_high)
);
COMMENT ON TABLE warehouse.loan_default_risk IS
    'One row per loan with a payment: how probable it is that the next one is missed.';
COMMENT ON COLUMN warehouse.loan_default_risk.application_id IS 'The loan, by its application.';
COMMENT ON COLUMN warehouse.loan_default_risk.user_id IS 'The borrower.';
COMMENT ON COLUMN warehouse.loan_default_risk.payments IS 'Payments known, made and missed.';
COMMENT ON COLUMN warehouse.loan_default_risk.missed IS 'Those of them that were missed.';
COMMENT ON COLUMN warehouse.loan_default_risk.utilisation IS
    'Balance over limit of the borrower''s newest credit usage; NULL where there is none.';
COMMENT ON COLUMN warehouse.loan_default_risk.miss_probability IS 'Probability that the next payment is missed.';
COMMENT ON COLUMN warehouse.loan_default_risk.miss_low IS 'Lower end of the interval that holds nine cases of ten.';
COMMENT ON COLUMN warehouse.loan_default_risk.miss_high IS 'Upper end of that interval.';
COMMENT ON COLUMN warehouse.loan_default_risk.as_of IS 'Event time up to which payments and usage were known.';
COMMENT ON COLUMN warehouse.loan_default_risk.batch_id IS 'Run that last wrote the row.';

GRANT INSERT ON warehouse.default_beliefs TO tandem_batch;
GRANT INSERT, UPDATE ON warehouse.loan_default_risk TO tandem_batch;
