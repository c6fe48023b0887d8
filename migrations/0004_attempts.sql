-- Attempts: every lease that a row ever had. The sweep deletes the files of an attempt only if this table says that the
-- attempt ended without publishing. So a database that is empty or older than the files deletes nothing that it does not
-- know. Functions of the release before this one keep working: the triggers write the table.

CREATE TABLE attempts (
    -- The lease's token, which is also part of the attempt's prefix in the result bucket.
    token            uuid PRIMARY KEY,
    scan_id          bigint NOT NULL REFERENCES scans ON DELETE CASCADE,
    stage            text NOT NULL CHECK (stage IN ('compress', 'scan', 'split')),
    generation       integer NOT NULL,
    -- NULL for compress and split.
    range_number     integer,
    started_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    ended_at         timestamptz,
    -- NULL while the attempt has its lease. Only a published attempt has files that people or later stages read.
    is_published     boolean,
    files_removed_at timestamptz,
    CONSTRAINT attempts_end CHECK ((ended_at IS NULL) = (is_published IS NULL))
);
CREATE INDEX attempts_of_scan ON attempts (scan_id, started_at);
-- The sweep reads only this one.
CREATE INDEX attempts_abandoned ON attempts (ended_at) WHERE NOT is_published AND files_removed_at IS NULL;

-- A status that a busy row reaches when its attempt published. Any other way to lose the lease abandons the files.
CREATE FUNCTION publishes(status text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT status IN ('COMPRESSED', 'FINISHED', 'PENDING_REVIEW')
$$;

CREATE FUNCTION end_attempt(lease uuid, status text) RETURNS void LANGUAGE sql AS $$
    UPDATE attempts SET ended_at = clock_timestamp(), is_published = publishes(status)
    WHERE token = lease AND ended_at IS NULL
$$;

CREATE FUNCTION scans_record_attempts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.lease IS NOT NULL THEN
        PERFORM end_attempt(OLD.lease, NEW.status);
    END IF;
    IF NEW.lease IS NOT NULL THEN
        INSERT INTO attempts (token, scan_id, stage, generation) VALUES (
            NEW.lease, NEW.id, CASE NEW.status WHEN 'COMPRESSING' THEN 'compress' ELSE 'split' END, NEW.generation);
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER scans_record_attempts AFTER UPDATE ON scans
    FOR EACH ROW WHEN (OLD.lease IS DISTINCT FROM NEW.lease) EXECUTE FUNCTION scans_record_attempts();

CREATE FUNCTION page_ranges_record_attempts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.lease IS NOT NULL THEN
        PERFORM end_attempt(OLD.lease, NEW.status);
    END IF;
    IF NEW.lease IS NOT NULL THEN
        INSERT INTO attempts (token, scan_id, stage, generation, range_number)
        VALUES (NEW.lease, NEW.scan_id, 'scan', NEW.generation, NEW.number);
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER page_ranges_record_attempts AFTER UPDATE ON page_ranges
    FOR EACH ROW WHEN (OLD.lease IS DISTINCT FROM NEW.lease) EXECUTE FUNCTION page_ranges_record_attempts();

-- Attempts that run while this migration is applied.
INSERT INTO attempts (token, scan_id, stage, generation, started_at)
    SELECT lease, id, CASE status WHEN 'COMPRESSING' THEN 'compress' ELSE 'split' END, generation, processing_started_at
    FROM scans WHERE lease IS NOT NULL;
INSERT INTO attempts (token, scan_id, stage, generation, range_number, started_at)
    SELECT lease, scan_id, 'scan', generation, number, processing_started_at FROM page_ranges WHERE lease IS NOT NULL;

-- What is old is deleted: these make that cheap.
CREATE INDEX scan_events_by_time ON scan_events USING brin (at);
CREATE INDEX samples_by_time ON samples USING brin (at);
CREATE INDEX outbox_sent ON outbox (sent_at) WHERE sent_at IS NOT NULL;
