-- The people of the console: accounts, invitations, sessions, guesses at passwords, and what they did besides changing
-- scans. The functions of the release before this one use none of these.

CREATE TABLE people (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- What they sign in with, in lower case: a name, or an address of e-mail.
    name          text NOT NULL UNIQUE CHECK (name = lower(name) AND length(name) BETWEEN 1 AND 100),
    role          text NOT NULL CHECK (role IN ('viewer', 'reviewer', 'operator', 'admin')),
    -- In the PHC string format. NULL until the invitation is accepted.
    password_hash text,
    created_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- Revoked people cannot sign in. Their names stay, because timelines show them.
    revoked_at    timestamptz
);

-- A link with which a person chooses a password, once.
CREATE TABLE invitations (
    -- SHA-256 of the token in the link.
    token_hash bytea PRIMARY KEY CHECK (length(token_hash) = 32),
    person_id  bigint NOT NULL UNIQUE REFERENCES people ON DELETE CASCADE,
    expires_at timestamptz NOT NULL
);

CREATE TABLE sessions (
    -- SHA-256 of the token in the cookie.
    token_hash bytea PRIMARY KEY CHECK (length(token_hash) = 32),
    person_id  bigint NOT NULL REFERENCES people ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    seen_at    timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX sessions_of_person ON sessions (person_id);

-- Attempts to sign in that have not succeeded.
CREATE TABLE sign_in_failures (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- As it was typed, in lower case and cut: there may be no such person.
    name    text NOT NULL CHECK (length(name) <= 100),
    address text NOT NULL CHECK (length(address) <= 100)
);
CREATE INDEX sign_in_failures_of_name ON sign_in_failures (name, at);
CREATE INDEX sign_in_failures_of_address ON sign_in_failures (address, at);

-- What people did that belongs to no scan. Changes of scans are in scan_events.
CREATE TABLE activity (
    id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor  text NOT NULL,
    kind   text NOT NULL,
    detail jsonb NOT NULL DEFAULT '{}'
);
-- What is open, and what was finished lately, is counted on the first page.
CREATE INDEX scans_open ON scans (status) INCLUDE (waits_for, superseded_by) WHERE status NOT IN ('APPROVED', 'CANCELLED');
CREATE INDEX scans_finished ON scans (updated_at) WHERE status IN ('PENDING_REVIEW', 'APPROVED');
CREATE INDEX scan_events_of_people ON scan_events (id) WHERE actor IS NOT NULL;

-- Why a scan failed: the code of its last attempt if the retries were exhausted, which ends the message in brackets.
CREATE FUNCTION failure_cause(code text, message text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN code = 'retries_exhausted' THEN coalesce(substring(message FROM '\[([a-z_.]+)\]$'), code) ELSE code END
$$;
