-- The status machine: what may follow what, and what every change of status brings with it. The same table stands in
-- the catalog's status module; a test compares the two.

-- NONE: the row is being created.
CREATE TABLE status_transitions (
    from_status text NOT NULL,
    to_status   text NOT NULL,
    PRIMARY KEY (from_status, to_status)
);

INSERT INTO status_transitions (from_status, to_status) VALUES
    ('NONE', 'UPLOADED'), ('NONE', 'FAILED'),
    ('UPLOADED', 'COMPRESSING'), ('UPLOADED', 'FAILED'), ('UPLOADED', 'CANCELLED'),
    ('COMPRESSING', 'COMPRESSED'), ('COMPRESSING', 'UPLOADED'), ('COMPRESSING', 'FAILED'), ('COMPRESSING', 'CANCELLED'),
    ('COMPRESSED', 'SCANNING'), ('COMPRESSED', 'FAILED'), ('COMPRESSED', 'CANCELLED'),
    ('SCANNING', 'SCANNED'), ('SCANNING', 'UPLOADED'), ('SCANNING', 'FAILED'), ('SCANNING', 'CANCELLED'),
    ('SCANNED', 'SPLITTING'), ('SCANNED', 'FAILED'), ('SCANNED', 'CANCELLED'),
    ('SPLITTING', 'PENDING_REVIEW'), ('SPLITTING', 'SCANNED'), ('SPLITTING', 'UPLOADED'), ('SPLITTING', 'FAILED'),
    ('SPLITTING', 'CANCELLED'),
    ('PENDING_REVIEW', 'APPROVED'),
    ('FAILED', 'UPLOADED'), ('FAILED', 'COMPRESSED'), ('FAILED', 'SCANNED'),
    ('CANCELLED', 'UPLOADED'), ('CANCELLED', 'COMPRESSED'), ('CANCELLED', 'SCANNED');

CREATE TABLE range_transitions (
    from_status text NOT NULL,
    to_status   text NOT NULL,
    PRIMARY KEY (from_status, to_status)
);

INSERT INTO range_transitions (from_status, to_status) VALUES
    ('WAITING', 'SCANNING'),
    ('SCANNING', 'FINISHED'), ('SCANNING', 'WAITING'), ('SCANNING', 'FAILED'),
    ('FAILED', 'WAITING');

-- Refuses what is not in the table, and keeps the columns that follow from the status: no lease outlives a busy
-- status, whatever waits is stamped as just sent, whatever ended knows when.
CREATE FUNCTION scans_keep_books() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    previous text := coalesce(OLD.status, 'NONE');
BEGIN
    IF NOT EXISTS (SELECT FROM status_transitions WHERE from_status = previous AND to_status = NEW.status) THEN
        RAISE EXCEPTION 'scan % may not go from % to %', NEW.id, previous, NEW.status
            USING ERRCODE = 'check_violation', CONSTRAINT = 'status_transitions';
    END IF;
    NEW.updated_at := clock_timestamp();
    NEW.failed_stage := CASE WHEN NEW.status IN ('FAILED', 'CANCELLED') THEN CASE
        WHEN previous IN ('NONE', 'UPLOADED', 'COMPRESSING') THEN 'compress'
        WHEN previous IN ('COMPRESSED', 'SCANNING') THEN 'scan'
        ELSE 'split'
    END END;
    IF NEW.status NOT IN ('COMPRESSING', 'SPLITTING') THEN
        NEW.lease := NULL;
        NEW.heartbeat_at := NULL;
        NEW.processing_started_at := NULL;
    END IF;
    IF NEW.status IN ('UPLOADED', 'COMPRESSED', 'SCANNED') THEN
        NEW.dispatched_at := clock_timestamp();
        NEW.dispatches := 1;
    ELSE
        NEW.dispatched_at := NULL;
        NEW.dispatches := 0;
    END IF;
    IF NEW.status IN ('PENDING_REVIEW', 'FAILED', 'CANCELLED') THEN
        NEW.finished_at := clock_timestamp();
    ELSIF NEW.status <> 'APPROVED' THEN
        NEW.finished_at := NULL;
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER scans_keep_books_when_created BEFORE INSERT ON scans
    FOR EACH ROW EXECUTE FUNCTION scans_keep_books();
CREATE TRIGGER scans_keep_books_when_changed BEFORE UPDATE ON scans
    FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION scans_keep_books();

CREATE FUNCTION page_ranges_keep_books() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM range_transitions WHERE from_status = OLD.status AND to_status = NEW.status) THEN
        RAISE EXCEPTION 'range % of scan % may not go from % to %', NEW.number, NEW.scan_id, OLD.status, NEW.status
            USING ERRCODE = 'check_violation', CONSTRAINT = 'range_transitions';
    END IF;
    IF NEW.status <> 'SCANNING' THEN
        NEW.lease := NULL;
        NEW.heartbeat_at := NULL;
        NEW.processing_started_at := NULL;
    END IF;
    NEW.dispatched_at := CASE WHEN NEW.status = 'WAITING' THEN clock_timestamp() END;
    NEW.dispatches := CASE WHEN NEW.status = 'WAITING' THEN 1 ELSE 0 END;
    NEW.finished_at := CASE WHEN NEW.status IN ('FINISHED', 'FAILED') THEN clock_timestamp() END;
    RETURN NEW;
END $$;

CREATE TRIGGER page_ranges_keep_books_when_changed BEFORE UPDATE ON page_ranges
    FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION page_ranges_keep_books();

-- Nothing happens to a scan without an event, and no scan ends without news in the outbox: here neither is forgotten.
CREATE FUNCTION scans_tell() RETURNS trigger LANGUAGE plpgsql AS $$
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
            'result_prefix', CASE WHEN NEW.status = 'PENDING_REVIEW' THEN NEW.result_prefix END,
            'stage', NEW.failed_stage,
            'code', CASE WHEN NEW.status = 'FAILED' THEN NEW.error_code END,
            'message', CASE WHEN NEW.status = 'FAILED' THEN NEW.error_message END));
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER scans_tell_when_created AFTER INSERT ON scans
    FOR EACH ROW EXECUTE FUNCTION scans_tell();
-- A lease that was taken over changes no status, but it happened.
CREATE TRIGGER scans_tell_when_changed AFTER UPDATE ON scans
    FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status OR OLD.lease IS DISTINCT FROM NEW.lease)
    EXECUTE FUNCTION scans_tell();

CREATE FUNCTION page_ranges_tell() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO scan_events (scan_id, kind, detail) VALUES (
        NEW.scan_id,
        'range_' || CASE
            WHEN NEW.status = 'FAILED' THEN 'failed'
            WHEN OLD.status = 'FAILED' THEN 'retried'
            WHEN NEW.interruptions > OLD.interruptions THEN 'interrupted'
            WHEN NEW.attempts > OLD.attempts THEN 'given_back'
            ELSE lower(NEW.status)
        END,
        jsonb_strip_nulls(jsonb_build_object(
            'generation', NEW.generation, 'range', NEW.number, 'from', OLD.status, 'to', NEW.status,
            'lease', coalesce(NEW.lease, OLD.lease),
            'attempts', nullif(NEW.attempts, 0), 'interruptions', nullif(NEW.interruptions, 0),
            'code', NEW.error_code, 'message', NEW.error_message)));
    RETURN NULL;
END $$;

CREATE TRIGGER page_ranges_tell_when_changed AFTER UPDATE ON page_ranges
    FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status OR OLD.lease IS DISTINCT FROM NEW.lease)
    EXECUTE FUNCTION page_ranges_tell();
