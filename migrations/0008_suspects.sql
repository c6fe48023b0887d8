-- Which page killed its worker. A worker of a page range says which pages it is working on when it renews its lease. When
-- its lease went stale, these pages are the suspects. Functions of the release before this one keep working: they name no
-- pages, so there are no suspects.

ALTER TABLE page_ranges
    -- The places of pages in the original, from 1.
    ADD COLUMN pages_at_work integer[] NOT NULL DEFAULT '{}',
    -- The same, of the workers that vanished since the range last started with fresh counts. Empty once it finished.
    ADD COLUMN suspects integer[] NOT NULL DEFAULT '{}';

CREATE FUNCTION suspicion(suspects integer[]) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE cardinality(suspects)
        WHEN 0 THEN NULL
        WHEN 1 THEN format('It was working on page %s.', suspects[1])
        ELSE format('It was working on the pages %s.', array_to_string(suspects, ', '))
    END
$$;

-- A page that several lost workers had in hand is a better suspect than the others of the last worker.
CREATE FUNCTION suspects(earlier integer[], at_work integer[]) RETURNS integer[] LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE
        WHEN at_work = '{}' THEN earlier
        WHEN earlier && at_work THEN ARRAY(SELECT unnest(earlier) INTERSECT SELECT unnest(at_work) ORDER BY 1)
        ELSE at_work
    END
$$;

CREATE FUNCTION page_ranges_name_suspects() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.interruptions > OLD.interruptions THEN
        NEW.suspects := suspects(OLD.suspects, OLD.pages_at_work);
        NEW.error_message := concat_ws(' ', NEW.error_message, suspicion(NEW.suspects));
    ELSIF NEW.interruptions < OLD.interruptions OR NEW.status = 'FINISHED' THEN
        NEW.suspects := '{}';
    END IF;
    NEW.pages_at_work := '{}';
    RETURN NEW;
END $$;

CREATE TRIGGER page_ranges_name_suspects BEFORE UPDATE ON page_ranges
    FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status OR OLD.lease IS DISTINCT FROM NEW.lease)
    EXECUTE FUNCTION page_ranges_name_suspects();

-- As in 0002, and an interruption names the suspects.
CREATE OR REPLACE FUNCTION page_ranges_tell() RETURNS trigger LANGUAGE plpgsql AS $$
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
            'suspects', CASE WHEN NEW.interruptions > OLD.interruptions THEN nullif(NEW.suspects, '{}') END,
            'code', NEW.error_code, 'message', NEW.error_message)));
    RETURN NULL;
END $$;
