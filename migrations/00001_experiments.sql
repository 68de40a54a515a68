-- +goose Up

-- A launch of a case with given params. This table is also the queue: queued experiments run in the
-- order of their ids, one at a time.
CREATE TABLE experiments (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,  -- never reused after a deletion, because links contain it
    case_name   TEXT    NOT NULL,                   -- profiler.Case.Name
    params      TEXT    NOT NULL CHECK (json_valid(params)),      -- object: param name to value, complete
    config      TEXT    NOT NULL CHECK (json_valid(config)),      -- profiler.Config
    state       TEXT    NOT NULL CHECK (state IN ('queued', 'running', 'done', 'failed', 'canceled', 'interrupted')),
    reason      TEXT    NOT NULL DEFAULT '',        -- a sentence that says why it failed or was interrupted
    output      TEXT    NOT NULL DEFAULT '',        -- end of the failed child's output
    note        TEXT    NOT NULL DEFAULT '',        -- free text from the user
    tags        TEXT    NOT NULL DEFAULT '[]' CHECK (json_valid(tags)), -- array of strings
    pinned      INTEGER NOT NULL DEFAULT 0 CHECK (pinned IN (0, 1)), -- 1: listed first
    environment TEXT    NOT NULL DEFAULT '{}' CHECK (json_valid(environment)), -- profiler.Environment
    created_at  INTEGER NOT NULL,                   -- Unix time in milliseconds
    started_at  INTEGER,                            -- likewise; null while queued
    finished_at INTEGER                             -- likewise; null until it ends
) STRICT;

CREATE INDEX experiments_by_state ON experiments (state, id);
CREATE INDEX experiments_by_case ON experiments (case_name, id);

-- Heap profiles. A profile that several runs wrote is stored once.
CREATE TABLE profiles (
    sha256  TEXT    PRIMARY KEY,                    -- of the uncompressed protobuf, in hex
    gzip    BLOB    NOT NULL,                       -- the profile as a gzip file, as it is downloaded
    summary TEXT    NOT NULL CHECK (json_valid(summary)) -- profiler.Summary
) STRICT;

-- A child process that measured a variant.
CREATE TABLE runs (
    id             INTEGER PRIMARY KEY,
    experiment_id  INTEGER NOT NULL REFERENCES experiments (id) ON DELETE CASCADE,
    kind           TEXT    NOT NULL CHECK (kind IN ('measure', 'allocs', 'peak', 'fit')),
    variant        TEXT    NOT NULL,                -- profiler.Variant.Name
    round          INTEGER NOT NULL,                -- from 0; only used by measure runs
    started_at     INTEGER NOT NULL,                -- Unix time in milliseconds
    duration_ns    INTEGER NOT NULL,                -- of the whole process
    calls          INTEGER NOT NULL,                -- number of measured operations
    measurements   TEXT    NOT NULL CHECK (json_valid(measurements)), -- array of profiler.Measurement
    self_check     TEXT    CHECK (json_valid(self_check)),  -- profiler.SelfCheck; only in allocs runs
    fit            TEXT    CHECK (json_valid(fit)),         -- profiler.Fit; only in fit runs
    profile_sha256 TEXT    REFERENCES profiles (sha256),    -- only in allocs and peak runs
    output         TEXT    NOT NULL                 -- end of the child's output
) STRICT;

CREATE INDEX runs_by_experiment ON runs (experiment_id, id);
CREATE INDEX runs_by_profile ON runs (profile_sha256);

-- The values of a unit and a variant in all runs of an experiment. Written when it ends.
CREATE TABLE series (
    experiment_id INTEGER NOT NULL REFERENCES experiments (id) ON DELETE CASCADE,
    variant       TEXT    NOT NULL,
    unit          TEXT    NOT NULL,                 -- name of the metric, such as B/op
    n             INTEGER NOT NULL,                 -- number of values
    center        REAL    NOT NULL,                 -- their median, in the unit
    lo            REAL,                             -- its 95 % confidence interval from lo to hi; null if there is none
    hi            REAL,
    samples       TEXT    NOT NULL CHECK (json_valid(samples)), -- array of the values, in the order of the runs
    PRIMARY KEY (experiment_id, variant, unit)
) STRICT, WITHOUT ROWID;

-- A link to a frozen report.
CREATE TABLE shares (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    experiment_id INTEGER NOT NULL REFERENCES experiments (id) ON DELETE CASCADE,
    token_sha256  TEXT    NOT NULL UNIQUE,          -- in hex; the token itself is not stored
    hint          TEXT    NOT NULL,                 -- first characters of the token, to tell links apart
    profiles      INTEGER NOT NULL CHECK (profiles IN (0, 1)), -- 1: visitors may download the profiles
    report        BLOB    NOT NULL,                 -- profiler.Report at the time of sharing, as gzip of JSON
    created_at    INTEGER NOT NULL,                 -- Unix time in milliseconds
    expires_at    INTEGER NOT NULL,
    revoked_at    INTEGER                           -- null unless the link was revoked
) STRICT;

CREATE INDEX shares_by_experiment ON shares (experiment_id, id);

-- +goose Down
DROP TABLE shares;
DROP TABLE series;
DROP TABLE runs;
DROP TABLE profiles;
DROP TABLE experiments;
