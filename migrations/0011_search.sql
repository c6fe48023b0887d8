-- People search volumes by parts of their names. The index finds them in a large library without reading every row.
-- pg_trgm is a trusted extension: the owner of the database may create it.
CREATE EXTENSION IF NOT EXISTS pg_trgm;

CREATE INDEX scans_words ON scans
    USING gin (lower(key || ' ' || coalesce(reporter, '') || ' ' || coalesce(volume, '')) gin_trgm_ops);
