-- The roles that Tandem's programs act as. Roles belong to the whole server, so
-- this file only adds what is absent. None can log in before it is given a
-- password (storage.postgres.set_role_passwords).
DO $$
DECLARE
    wanted text;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['tandem_owner', 'tandem_batch', 'tandem_monitor', 'bi_reader'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
            EXECUTE format('CREATE ROLE %I NOLOGIN', wanted);
        END IF;
    END LOOP;
    IF NOT pg_has_role(current_user, 'tandem_owner', 'MEMBER') THEN
        EXECUTE format('GRANT tandem_owner TO %I', current_user);
    END IF;
    FOREACH wanted IN ARRAY ARRAY['warehouse', 'staging', 'bi'] LOOP
        IF NOT EXISTS (SELECT FROM pg_namespace WHERE nspname = wanted) THEN
            EXECUTE format('CREATE SCHEMA %I AUTHORIZATION tandem_owner', wanted);
        END IF;
    END LOOP;
END
$$;
