-- +goose Up

-- An experiment compares variants, sweeps a setting or param, or calibrates: a calibration compares
-- the baseline with itself.
ALTER TABLE experiments ADD COLUMN kind TEXT NOT NULL DEFAULT 'comparison' CHECK (kind IN ('comparison', 'sweep', 'calibration'));
ALTER TABLE experiments ADD COLUMN sweep TEXT CHECK (json_valid(sweep)); -- profiler.Sweep; null unless kind is sweep

-- The settings of experiments from before they could be chosen. 0 processors means those of the
-- server.
UPDATE experiments SET config = json_set(config, '$.gomemlimit', 'off',
    '$.gomaxprocs', coalesce(CAST(json_extract(environment, '$.gomaxprocs') AS INTEGER), 0));

CREATE INDEX experiments_by_machine ON experiments (kind, case_name, json_extract(environment, '$.machine'), id);

ALTER TABLE runs ADD COLUMN point INTEGER NOT NULL DEFAULT 0;  -- index of the sweep's value, from 0
ALTER TABLE runs ADD COLUMN environment TEXT CHECK (json_valid(environment)); -- profiler.Environment of the child; null in runs from older versions
ALTER TABLE runs ADD COLUMN timeline BLOB;                     -- profiler.Timeline as gzip of JSON; only in peak runs

-- The values of a unit and a variant at a point, in all runs of an experiment. Written when it ends.
CREATE TABLE series_at_points (
    experiment_id INTEGER NOT NULL REFERENCES experiments (id) ON DELETE CASCADE,
    point         INTEGER NOT NULL,                 -- index of the sweep's value, from 0; 0 without a sweep
    variant       TEXT    NOT NULL,
    unit          TEXT    NOT NULL,                 -- name of the metric, such as B/op
    n             INTEGER NOT NULL,                 -- number of values
    center        REAL    NOT NULL,                 -- their median, in the unit
    lo            REAL,                             -- its 95 % confidence interval from lo to hi; null if there is none
    hi            REAL,
    samples       TEXT    NOT NULL CHECK (json_valid(samples)), -- array of the values, in the order of the runs
    PRIMARY KEY (experiment_id, point, variant, unit)
) STRICT, WITHOUT ROWID;
INSERT INTO series_at_points (experiment_id, point, variant, unit, n, center, lo, hi, samples)
SELECT experiment_id, 0, variant, unit, n, center, lo, hi, samples FROM series;
DROP TABLE series;
ALTER TABLE series_at_points RENAME TO series;

-- +goose Down
DELETE FROM experiments WHERE kind <> 'comparison';
CREATE TABLE series_of_variants (
    experiment_id INTEGER NOT NULL REFERENCES experiments (id) ON DELETE CASCADE,
    variant       TEXT    NOT NULL,
    unit          TEXT    NOT NULL,
    n             INTEGER NOT NULL,
    center        REAL    NOT NULL,
    lo            REAL,
    hi            REAL,
    samples       TEXT    NOT NULL CHECK (json_valid(samples)),
    PRIMARY KEY (experiment_id, variant, unit)
) STRICT, WITHOUT ROWID;
INSERT INTO series_of_variants (experiment_id, variant, unit, n, center, lo, hi, samples)
SELECT experiment_id, variant, unit, n, center, lo, hi, samples FROM series WHERE point = 0;
DROP TABLE series;
ALTER TABLE series_of_variants RENAME TO series;
ALTER TABLE runs DROP COLUMN timeline;
ALTER TABLE runs DROP COLUMN environment;
ALTER TABLE runs DROP COLUMN point;
DROP INDEX experiments_by_machine;
ALTER TABLE experiments DROP COLUMN sweep;
ALTER TABLE experiments DROP COLUMN kind;
