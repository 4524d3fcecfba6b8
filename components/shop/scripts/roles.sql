-- The roles of the shop. Tables belong to shop_owner. shop_a and shop_b log in, in turn: a role has one password, and while one gets the next
-- one, sessions of the other go on. shop_operator says with which passwords, and may do nothing else. The user that made the data logs in by
-- the container's own socket alone.

-- No statement with a password stands in the log, should it fail.
SET log_min_error_statement = panic;
\set given `cat "$POSTGRES_PASSWORD_FILE"`
-- Of a random value with 190 bits nobody guesses more by its hash.
\set known `sha256sum < "$POSTGRES_PASSWORD_FILE" | cut -c 1-64`

SELECT to_regrole('shop_owner') IS NULL AS missing \gset
\if :missing
CREATE ROLE shop_owner;
CREATE ROLE shop_a LOGIN IN ROLE shop_owner;
CREATE ROLE shop_b LOGIN IN ROLE shop_owner;
ALTER ROLE shop_a SET role = shop_owner;
ALTER ROLE shop_b SET role = shop_owner;
GRANT CREATE ON SCHEMA public TO shop_owner;
-- Of a shop from before there were these roles.
SELECT format('ALTER TABLE public.%I OWNER TO shop_owner', tablename) FROM pg_tables WHERE schemaname = 'public' \gexec
\endif
SELECT to_regrole('shop_operator') IS NULL AS missing \gset
\if :missing
CREATE ROLE shop_operator LOGIN;
ALTER ROLE shop_operator SET log_min_error_statement = panic;
\endif

-- Gives a role its password. NULL: it logs in no more, and its sessions end.
CREATE OR REPLACE FUNCTION public.shop_password(login text, new_password text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
  IF login NOT IN ('shop_a', 'shop_b') THEN
    RAISE EXCEPTION 'the shop has no such login';
  END IF;
  EXECUTE format('ALTER ROLE %I PASSWORD %L', login, new_password);
  IF new_password IS NULL THEN
    PERFORM pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = login;
  END IF;
EXCEPTION WHEN OTHERS THEN
  -- The message of the failure itself has the statement with it.
  RAISE EXCEPTION 'the password of % is not changed: %', login, SQLERRM;
END
$$;
REVOKE ALL ON FUNCTION public.shop_password FROM public, shop_owner;
GRANT EXECUTE ON FUNCTION public.shop_password TO shop_operator;

-- Data that outlived their passwords know another operator, and logins that nobody has any more. A restart finds its own, and undoes no rotation.
SELECT coalesce(shobj_description('shop_operator'::regrole, 'pg_authid'), '') <> :'known' AS other \gset
\if :other
SELECT format('ALTER ROLE shop_operator PASSWORD %L', :'given') \gexec
ALTER ROLE shop_a PASSWORD NULL;
ALTER ROLE shop_b PASSWORD NULL;
SELECT format('COMMENT ON ROLE shop_operator IS %L', :'known') \gexec
\endif
ALTER ROLE CURRENT_USER PASSWORD NULL;
