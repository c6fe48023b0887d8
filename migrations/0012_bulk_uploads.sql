-- Compress has a queue for bulk uploads, so that somebody who uploads a thousand volumes delays nobody else. A scan stays in
-- the lane that it was recorded in. Functions of the release before this one keep working: they record no uploader and
-- use the other queue for every scan.

ALTER TABLE scans
    -- S3's name of whoever uploaded the volume, as far as it is known.
    ADD COLUMN uploader text CHECK (char_length(uploader) <= 200),
    ADD COLUMN is_bulk  boolean NOT NULL DEFAULT false;

-- One row an uploader: its lock makes counting the volumes of an uploader and recording another one a single step. The
-- row without a name is that of all uploads of which nobody is known.
CREATE TABLE uploaders (
    name    text PRIMARY KEY CHECK (char_length(name) <= 200),
    seen_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
