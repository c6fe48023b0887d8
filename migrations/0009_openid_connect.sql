-- People who sign in with OpenID Connect. The functions of the release before this one use none of it.

ALTER TABLE people
    -- Who the person is to the issuer (claims `iss` and `sub`). NULL for people who chose a password here. Only this pair
    -- says who somebody is: names and addresses of e-mail can be changed at the issuer, and given to somebody else.
    ADD COLUMN issuer  text CHECK (length(issuer) BETWEEN 1 AND 1000),
    ADD COLUMN subject text CHECK (length(subject) BETWEEN 1 AND 255),
    ADD CONSTRAINT people_issuer_with_subject CHECK ((issuer IS NULL) = (subject IS NULL)),
    ADD CONSTRAINT people_issuer_subject_key UNIQUE (issuer, subject);

-- Sign-ins that were begun and from which the issuer has not sent the browser back yet. Each row is used once.
CREATE TABLE openid_sign_ins (
    -- SHA-256 of the token in the cookie of the browser, from which state, nonce and verifier are derived.
    token_hash bytea PRIMARY KEY CHECK (length(token_hash) = 32),
    -- The path of the console that opens afterwards.
    next       text NOT NULL CHECK (length(next) <= 2000),
    begun_at   timestamptz NOT NULL DEFAULT clock_timestamp()
);
