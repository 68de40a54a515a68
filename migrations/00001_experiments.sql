-- +goose Up

-- One launch of a case with chosen params. The queue is this table: what is queued runs in
-- the order of its id, one at a time.
CREATE TABLE experiments (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,  -- never used again after a deletion: links name it
    case_name   TEXT    NOT NULL,                   -- profiler.Case.Name
    params      TEXT    NOT NULL CHECK (json_valid(params)),      -- object: param name to value, complete
    config      TEXT    NOT NULL CHECK (json_valid(config)),      -- profiler.Config
    state       TEXT    NOT NULL CHECK (state IN ('queued', 'running', 'done', 'failed', 'canceled', 'interrupted')),
    reason      TEXT    NOT NULL DEFAULT '',        -- a sentence: why it failed or was interrupted
    output      TEXT    NOT NULL DEFAULT '',        -- end of what the failed child printed
    note        TEXT    NOT NULL DEFAULT '',        -- free text of whoever launched it
    tags        TEXT    NOT NULL DEFAULT '[]' CHECK (json_valid(tags)), -- array of text
    pinned      INTEGER NOT NULL DEFAULT 0 CHECK (pinned IN (0, 1)), -- 1: listed first
    environment TEXT    NOT NULL DEFAULT '{}' CHECK (json_valid(environment)), -- profiler.Environment
    created_at  INTEGER NOT NULL,                   -- Unix time in milliseconds
    started_at  INTEGER,                            -- likewise; null while queued
    finished_at INTEGER                             -- likewise; null until it ended
) STRICT;

CREATE INDEX experiments_by_state ON experiments (state, id);
CREATE INDEX experiments_by_case ON experiments (case_name, id);

-- Heap profiles, each once however many runs wrote it.
CREATE TABLE profiles (
    sha256  TEXT    PRIMARY KEY,                    -- of the uncompressed protobuf, in hex
    gzip    BLOB    NOT NULL,                       -- the profile as it is served
    summary TEXT    NOT NULL CHECK (json_valid(summary)) -- profiler.Summary
) STRICT;

-- One child process that measured one variant once.
CREATE TABLE runs (
    id             INTEGER PRIMARY KEY,
    experiment_id  INTEGER NOT NULL REFERENCES experiments (id) ON DELETE CASCADE,
    kind           TEXT    NOT NULL CHECK (kind IN ('measure', 'allocs', 'peak', 'fit')),
    variant        TEXT    NOT NULL,                -- profiler.Variant.Name
    round          INTEGER NOT NULL,                -- from 0; of measure runs
    started_at     INTEGER NOT NULL,                -- Unix time in milliseconds
    duration_ns    INTEGER NOT NULL,                -- of the whole process
    calls          INTEGER NOT NULL,                -- operations that the measurements are about
    measurements   TEXT    NOT NULL CHECK (json_valid(measurements)), -- array of profiler.Measurement
    self_check     TEXT    CHECK (json_valid(self_check)),  -- profiler.SelfCheck of an allocs run
    fit            TEXT    CHECK (json_valid(fit)),         -- profiler.Fit of a fit run
    profile_sha256 TEXT    REFERENCES profiles (sha256),    -- of an allocs or peak run
    output         TEXT    NOT NULL                 -- end of what the child printed
) STRICT;

CREATE INDEX runs_by_experiment ON runs (experiment_id, id);
CREATE INDEX runs_by_profile ON runs (profile_sha256);

-- The values of one unit of one variant over an experiment's runs, written when it ends.
CREATE TABLE series (
    experiment_id INTEGER NOT NULL REFERENCES experiments (id) ON DELETE CASCADE,
    variant       TEXT    NOT NULL,
    unit          TEXT    NOT NULL,                 -- name of the metric, such as B/op
    n             INTEGER NOT NULL,                 -- how many values
    center        REAL    NOT NULL,                 -- their median, in the unit
    lo            REAL,                             -- ends of its 95 % interval; null where it has none
    hi            REAL,
    samples       TEXT    NOT NULL CHECK (json_valid(samples)), -- array of the values in the order of the runs
    PRIMARY KEY (experiment_id, variant, unit)
) STRICT, WITHOUT ROWID;

-- A link to one frozen report.
CREATE TABLE shares (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    experiment_id INTEGER NOT NULL REFERENCES experiments (id) ON DELETE CASCADE,
    token_sha256  TEXT    NOT NULL UNIQUE,          -- in hex; the token itself is kept nowhere
    hint          TEXT    NOT NULL,                 -- first characters of the token, to tell links apart
    profiles      INTEGER NOT NULL CHECK (profiles IN (0, 1)), -- 1: the profiles may be downloaded
    report        BLOB    NOT NULL,                 -- profiler.Report as gzip of JSON, when it was shared
    created_at    INTEGER NOT NULL,                 -- Unix time in milliseconds
    expires_at    INTEGER NOT NULL,
    revoked_at    INTEGER                           -- null while the link holds
) STRICT;

CREATE INDEX shares_by_experiment ON shares (experiment_id, id);

-- +goose Down
DROP TABLE shares;
DROP TABLE series;
DROP TABLE runs;
DROP TABLE profiles;
DROP TABLE experiments;
