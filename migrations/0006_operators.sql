-- A scan that has ended can be deleted: it becomes CANCELLED(deleted), and its row stays, so that the sweep of the uploads
-- does not record its original again. And attempts say what they used, so that their cost can be told. Functions of the
-- release before this one keep working: they delete nothing, and their attempts say nothing.

INSERT INTO status_transitions (from_status, to_status) VALUES ('PENDING_REVIEW', 'CANCELLED'), ('FAILED', 'CANCELLED');

-- As in 0003, but FAILED to CANCELLED is no retry.
CREATE OR REPLACE FUNCTION scans_tell() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO scan_events (scan_id, kind, detail) VALUES (
        NEW.id,
        CASE
            WHEN NEW.status = 'FAILED' THEN 'failed'
            WHEN NEW.status = 'CANCELLED' THEN 'cancelled'
            WHEN OLD.status IN ('FAILED', 'CANCELLED') THEN 'retried'
            WHEN NEW.returns > OLD.returns THEN 'returned_to_compress'
            WHEN NEW.interruptions > OLD.interruptions THEN 'interrupted'
            WHEN NEW.attempts > OLD.attempts THEN 'given_back'
            ELSE lower(NEW.status)
        END,
        jsonb_strip_nulls(jsonb_build_object(
            'from', OLD.status, 'to', NEW.status, 'lease', coalesce(NEW.lease, OLD.lease),
            'attempts', nullif(NEW.attempts, 0), 'interruptions', nullif(NEW.interruptions, 0),
            'code', NEW.error_code, 'message', NEW.error_message, 'generation', NEW.generation)));
    IF NEW.status IN ('PENDING_REVIEW', 'FAILED') THEN
        INSERT INTO outbox (scan_id, kind, detail) VALUES (NEW.id, NEW.status, jsonb_build_object(
            'scan', NEW.id, 'status', NEW.status, 'bucket', NEW.bucket, 'key', NEW.key, 'version_id', NEW.version_id,
            'reporter', NEW.reporter, 'volume', NEW.volume, 'first_page', NEW.first_page, 'last_page', NEW.last_page,
            'pages', NEW.pages, 'opinions', (SELECT count(*) FROM opinions WHERE scan_id = NEW.id),
            'finding_counts', CASE WHEN NEW.status = 'PENDING_REVIEW' THEN finding_counts(NEW.id, NEW.summary) END,
            'result_prefix', CASE WHEN NEW.status = 'PENDING_REVIEW' THEN NEW.result_prefix END,
            'stage', NEW.failed_stage,
            'code', CASE WHEN NEW.status = 'FAILED' THEN NEW.error_code END,
            'message', CASE WHEN NEW.status = 'FAILED' THEN NEW.error_message END));
    END IF;
    RETURN NULL;
END $$;

-- What an attempt used. NULL if its worker died, or is of an earlier release.
ALTER TABLE attempts
    ADD COLUMN memory_megabytes integer CHECK (memory_megabytes > 0),
    -- To and from S3.
    ADD COLUMN bytes_read bigint CHECK (bytes_read >= 0),
    ADD COLUMN bytes_written bigint CHECK (bytes_written >= 0),
    -- Requests to S3 by what they cost: GET and HEAD; PUT, POST and LIST.
    ADD COLUMN read_requests integer CHECK (read_requests >= 0),
    ADD COLUMN write_requests integer CHECK (write_requests >= 0);
-- The cost of a month is asked for.
CREATE INDEX attempts_by_time ON attempts USING brin (ended_at);
