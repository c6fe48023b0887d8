-- Pages that a person wants to be skipped, because they kill their worker or because a program fails on them. Compress
-- puts a blank page in the place of each. Functions of the release before this one keep working: they process these
-- pages as before, and say about their ranges that no page was skipped, which is true.

CREATE TABLE skipped_pages (
    scan_id bigint NOT NULL REFERENCES scans ON DELETE CASCADE,
    -- The place of the page in the original, from 1.
    page    integer NOT NULL CHECK (page >= 1),
    at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor   text DEFAULT nullif(current_setting('quire.actor', true), ''),
    PRIMARY KEY (scan_id, page)
);

-- The skipped pages of a range when it was cut, in order. If these are still the same, compress keeps its results.
ALTER TABLE page_ranges ADD COLUMN skipped integer[] NOT NULL DEFAULT '{}';

CREATE FUNCTION skipped_in(scan bigint, first_index integer, page_count integer) RETURNS integer[] LANGUAGE sql STABLE AS $$
    SELECT ARRAY(SELECT page FROM skipped_pages
                 WHERE scan_id = scan AND page > first_index AND page <= first_index + page_count ORDER BY page)
$$;
