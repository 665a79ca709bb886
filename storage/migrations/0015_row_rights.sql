-- Rows that a reader may see: roles of readers can be kept to some regions. The batch and monitoring see all,
-- and so do the views of bi, whose figures name nobody.

CREATE TABLE bi.region_rights (
    role_name text NOT NULL,
    region    text NOT NULL,
    PRIMARY KEY (role_name, region)
);
COMMENT ON TABLE bi.region_rights IS
    'One row per role and region whose applicants it may see; a reader without a row sees those of all regions.';
COMMENT ON COLUMN bi.region_rights.role_name IS 'Role that logs in, a member of bi_reader.';
COMMENT ON COLUMN bi.region_rights.region IS 'Region, as applications name it.';

CREATE FUNCTION bi.my_regions() RETURNS text[]
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$ SELECT array_agg(region) FROM bi.region_rights WHERE role_name = session_user $$;
COMMENT ON FUNCTION bi.my_regions() IS 'The regions that the session''s login is kept to; NULL: all.';

ALTER TABLE warehouse.credit_scores ENABLE ROW LEVEL SECURITY;
ALTER TABLE warehouse.users ENABLE ROW LEVEL SECURITY;
ALTER TABLE warehouse.loans ENABLE ROW LEVEL SECURITY;

CREATE POLICY batch_sees_all ON warehouse.credit_scores TO tandem_batch USING (true) WITH CHECK (true);
CREATE POLICY batch_sees_all ON warehouse.users TO tandem_batch USING (true) WITH CHECK (true);
CREATE POLICY batch_sees_all ON warehouse.loans TO tandem_batch USING (true) WITH CHECK (true);
CREATE POLICY monitor_counts_all ON warehouse.credit_scores FOR SELECT TO tandem_monitor USING (true);

-- Asked once a query, not once a row.
CREATE POLICY readers_see_their_regions ON warehouse.credit_scores FOR SELECT TO bi_reader
    USING ((SELECT bi.my_regions()) IS NULL OR region = ANY ((SELECT bi.my_regions())::text[]));
CREATE POLICY readers_see_their_regions ON warehouse.users FOR SELECT TO bi_reader
    USING ((SELECT bi.my_regions()) IS NULL OR region = ANY ((SELECT bi.my_regions())::text[]));
CREATE POLICY readers_see_their_regions ON warehouse.loans FOR SELECT TO bi_reader
    USING ((SELECT bi.my_regions()) IS NULL OR region = ANY ((SELECT bi.my_regions())::text[]));
