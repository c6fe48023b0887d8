-- Findings: what a person should look at before a volume is published. Functions of the release before this one keep
-- working: they know nothing of the table, and the event of a scan's end only gains a field.

-- The list of the last split, replaced by the commit that publishes.
CREATE TABLE findings (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    scan_id    bigint NOT NULL REFERENCES scans ON DELETE CASCADE,
    -- The worst first.
    sequence   integer NOT NULL CHECK (sequence >= 1),
    code       text NOT NULL,
    severity   text NOT NULL CHECK (severity IN ('must_look', 'should_look', 'note')),
    -- NULL for the whole volume.
    page_index integer CHECK (page_index >= 0),
    message    text NOT NULL,
    evidence   jsonb NOT NULL,
    UNIQUE (scan_id, sequence)
);

-- How many findings of each severity a scan has. NULL if no split has derived any, which is not the same as none: its
-- summary, which names the counts, tells the two apart.
CREATE FUNCTION finding_counts(scan bigint, summary jsonb) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object(
        'must_look', count(*) FILTER (WHERE severity = 'must_look'),
        'should_look', count(*) FILTER (WHERE severity = 'should_look'),
        'note', count(*) FILTER (WHERE severity = 'note'))
    FROM findings WHERE scan_id = scan HAVING summary ? 'finding_counts'
$$;

-- As in 0002, and the event of a published scan counts its findings.
CREATE OR REPLACE FUNCTION scans_tell() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO scan_events (scan_id, kind, detail) VALUES (
        NEW.id,
        CASE
            WHEN NEW.status = 'FAILED' THEN 'failed'
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
