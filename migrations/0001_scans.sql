-- Scans, their page ranges and opinions, and what happened to them.
--
-- Every time is this database's clock. Defaults and triggers use clock_timestamp(), not now(): a transaction may have
-- waited for a lock since it began, and leases are judged by these times.

CREATE TABLE scans (
    id                    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    bucket                text NOT NULL,
    key                   text NOT NULL,
    version_id            text NOT NULL,
    etag                  text NOT NULL,
    size_bytes            bigint NOT NULL CHECK (size_bytes >= 0),
    reporter              text,
    volume                text,
    first_page            integer,
    last_page             integer,
    status                text NOT NULL CHECK (status IN (
                              'UPLOADED', 'COMPRESSING', 'COMPRESSED', 'SCANNING', 'SCANNED', 'SPLITTING',
                              'PENDING_REVIEW', 'APPROVED', 'FAILED', 'CANCELLED')),
    failed_stage          text CHECK (failed_stage IN ('compress', 'scan', 'split')),
    waits_for             text CHECK (waits_for IN ('metadata', 'confirmation')),
    generation            integer NOT NULL DEFAULT 0,
    -- Both count at the present stage and start anew at the next one.
    attempts              integer NOT NULL DEFAULT 0,
    interruptions         integer NOT NULL DEFAULT 0,
    -- How often the scan came back to compress because intermediates were missing.
    returns               integer NOT NULL DEFAULT 0,
    error_code            text,
    error_message         text,
    lease                 uuid,
    processing_started_at timestamptz,
    heartbeat_at          timestamptz,
    not_before            timestamptz,
    -- When the last message about this row was sent, and how many were since it began to wait.
    dispatched_at         timestamptz,
    dispatches            integer NOT NULL DEFAULT 0,
    pages                 integer,
    is_large              boolean NOT NULL DEFAULT false,
    work_prefix           text,
    result_prefix         text,
    superseded_by         bigint REFERENCES scans,
    details               jsonb NOT NULL DEFAULT '{}',
    summary               jsonb,
    created_at            timestamptz NOT NULL DEFAULT clock_timestamp(),
    updated_at            timestamptz NOT NULL DEFAULT clock_timestamp(),
    finished_at           timestamptz,

    UNIQUE (bucket, key, version_id),
    CONSTRAINT scans_lease_while_busy CHECK ((lease IS NOT NULL) = (status IN ('COMPRESSING', 'SPLITTING'))),
    CONSTRAINT scans_heartbeat_with_lease CHECK ((lease IS NULL) = (heartbeat_at IS NULL)),
    CONSTRAINT scans_reason_of_end CHECK (
        status NOT IN ('FAILED', 'CANCELLED') OR (failed_stage IS NOT NULL AND error_code IS NOT NULL)),
    CONSTRAINT scans_split_knows_volume CHECK (
        status NOT IN ('SCANNED', 'SPLITTING') OR waits_for IS NOT DISTINCT FROM 'metadata'
        OR (reporter IS NOT NULL AND volume IS NOT NULL AND first_page IS NOT NULL))
) WITH (fillfactor = 90); -- room for heartbeats to stay on their page

-- Reconcile reads only this one: it stays as small as the work in hand, however many scans are finished.
CREATE INDEX scans_unfinished ON scans (status, dispatched_at)
    WHERE status IN ('UPLOADED', 'COMPRESSING', 'COMPRESSED', 'SCANNING', 'SCANNED', 'SPLITTING');
CREATE INDEX scans_by_status ON scans (status, id);

CREATE TABLE page_ranges (
    scan_id               bigint NOT NULL REFERENCES scans ON DELETE CASCADE,
    generation            integer NOT NULL,
    number                integer NOT NULL CHECK (number >= 0),
    first_index           integer NOT NULL CHECK (first_index >= 0),
    page_count            integer NOT NULL CHECK (page_count > 0),
    status                text NOT NULL DEFAULT 'WAITING'
                              CHECK (status IN ('WAITING', 'SCANNING', 'FINISHED', 'FAILED')),
    attempts              integer NOT NULL DEFAULT 0,
    interruptions         integer NOT NULL DEFAULT 0,
    lease                 uuid,
    processing_started_at timestamptz,
    heartbeat_at          timestamptz,
    dispatched_at         timestamptz DEFAULT clock_timestamp(),
    dispatches            integer NOT NULL DEFAULT 1,
    error_code            text,
    error_message         text,
    input_key             text NOT NULL,
    result_key            text,
    finished_at           timestamptz,

    PRIMARY KEY (scan_id, generation, number),
    CONSTRAINT page_ranges_lease_while_busy CHECK ((lease IS NOT NULL) = (status = 'SCANNING')),
    CONSTRAINT page_ranges_heartbeat_with_lease CHECK ((lease IS NULL) = (heartbeat_at IS NULL)),
    CONSTRAINT page_ranges_result_when_finished CHECK ((result_key IS NOT NULL) = (status = 'FINISHED')),
    CONSTRAINT page_ranges_reason_of_failure CHECK (status <> 'FAILED' OR error_code IS NOT NULL)
) WITH (fillfactor = 90);

CREATE TABLE opinions (
    id                 bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    scan_id            bigint NOT NULL REFERENCES scans ON DELETE CASCADE,
    sequence           integer NOT NULL CHECK (sequence >= 1),
    file               text NOT NULL,
    redacted_key       text NOT NULL,
    first_page         integer NOT NULL,
    last_page          integer NOT NULL,
    caption_page_index integer NOT NULL,
    key_page_index     integer NOT NULL,
    UNIQUE (scan_id, sequence)
);

-- What happened, append-only; written by the triggers below and by operators' actions.
CREATE TABLE scan_events (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    scan_id bigint NOT NULL REFERENCES scans ON DELETE CASCADE,
    at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    kind    text NOT NULL,
    detail  jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX scan_events_of_scan ON scan_events (scan_id, id);

-- Ends of scans on their way to the event bus.
CREATE TABLE outbox (
    id         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    scan_id    bigint NOT NULL REFERENCES scans ON DELETE CASCADE,
    kind       text NOT NULL,
    detail     jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    sent_at    timestamptz
);
CREATE INDEX outbox_unsent ON outbox (created_at) WHERE sent_at IS NULL;

-- One row a key that was ever uploaded: its lock serialises the intake of that key.
CREATE TABLE upload_keys (
    bucket  text NOT NULL,
    key     text NOT NULL,
    seen_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (bucket, key)
);

-- How the system stood, one row a pass of reconcile.
CREATE TABLE samples (
    id                     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at                     timestamptz NOT NULL DEFAULT clock_timestamp(),
    uploaded               bigint NOT NULL,
    compressing            bigint NOT NULL,
    compressed             bigint NOT NULL,
    scanning               bigint NOT NULL,
    scanned                bigint NOT NULL,
    splitting              bigint NOT NULL,
    waiting_for_person     bigint NOT NULL,
    ranges_waiting         bigint NOT NULL,
    ranges_scanning        bigint NOT NULL,
    oldest_message_seconds double precision NOT NULL,
    unsent_events          bigint NOT NULL,
    rescued                integer NOT NULL,
    resent                 integer NOT NULL
);

CREATE TABLE cursors (
    name       text PRIMARY KEY,
    position   text NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
