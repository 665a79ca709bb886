-- Dated facts: the topic rule_facts is the truth, these tables keep what it said for ever.

CREATE TABLE warehouse.rule_facts (
    fact_id         text COLLATE "C" PRIMARY KEY,
    "offset"        bigint NOT NULL,
    kind            text NOT NULL CHECK (kind IN ('rule', 'rule_mode', 'parameter', 'list_entry')),
    subject         text COLLATE "C" NOT NULL,
    from_event_time timestamptz NOT NULL,
    until_event_time timestamptz,
    changed_by      text NOT NULL,
    changed_at      timestamptz NOT NULL,
    comment         text NOT NULL,
    document        jsonb NOT NULL,
    recorded_at     timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX rule_facts_by_subject ON warehouse.rule_facts (kind, subject, from_event_time, "offset");
COMMENT ON TABLE warehouse.rule_facts IS
    'One row per dated fact: a version of a rule, its mode, a parameter or a list entry; rows are only added.';
COMMENT ON COLUMN warehouse.rule_facts."offset" IS 'Place on the topic of facts; of equal starts the greatest counts.';
COMMENT ON COLUMN warehouse.rule_facts.subject IS
    'What it is about: the rule, rule.parameter, or list and value separated by a slash.';
COMMENT ON COLUMN warehouse.rule_facts.from_event_time IS 'First event time for which it holds (UTC).';
COMMENT ON COLUMN warehouse.rule_facts.until_event_time IS 'First event time for which it no longer holds; NULL: none.';
COMMENT ON COLUMN warehouse.rule_facts.document IS 'The fact as it stands on the topic.';

CREATE TABLE warehouse.refused_facts (
    "offset"    bigint PRIMARY KEY,
    problem     text NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE warehouse.refused_facts IS
    'One row per message on the topic of facts that is none, or whose rule cannot be read; it has no effect.';
COMMENT ON COLUMN warehouse.refused_facts.problem IS 'What was expected; never a value.';

GRANT INSERT ON warehouse.rule_facts, warehouse.refused_facts TO tandem_batch;
GRANT SELECT (fact_id, "offset", kind, from_event_time, until_event_time, changed_at, recorded_at)
    ON warehouse.rule_facts TO tandem_monitor;
GRANT SELECT ON warehouse.refused_facts TO tandem_monitor;
