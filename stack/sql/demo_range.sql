-- One row per partition: the part of the topic that the demonstration wrote.
CREATE TEMPORARY TABLE demo_range (
    topic text COLLATE "C",
    partition integer,
    "first" bigint,
    "last" bigint
) ON COMMIT DROP;
