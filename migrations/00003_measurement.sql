-- +goose Up

-- What an experiment is: a comparison of variants, a sweep over one setting or param, or a
-- calibration, which measures the baseline against itself.
ALTER TABLE experiments ADD COLUMN kind TEXT NOT NULL DEFAULT 'comparison' CHECK (kind IN ('comparison', 'sweep', 'calibration'));
ALTER TABLE experiments ADD COLUMN sweep TEXT CHECK (json_valid(sweep)); -- profiler.Sweep; null where there is none

-- Settings that experiments had before they could be chosen. 0 processors are the server's.
UPDATE experiments SET config = json_set(config, '$.gomemlimit', 'off',
    '$.gomaxprocs', coalesce(CAST(json_extract(environment, '$.gomaxprocs') AS INTEGER), 0));

CREATE INDEX experiments_by_machine ON experiments (kind, case_name, json_extract(environment, '$.machine'), id);

ALTER TABLE runs ADD COLUMN point INTEGER NOT NULL DEFAULT 0;  -- place of the sweep's value, from 0
ALTER TABLE runs ADD COLUMN environment TEXT CHECK (json_valid(environment)); -- profiler.Environment of the child; null in runs of older versions
ALTER TABLE runs ADD COLUMN timeline BLOB;                     -- profiler.Timeline of a peak run, as gzip of JSON

-- The values of one unit of one variant at one point, over an experiment's runs, written
-- when it ends.
CREATE TABLE series_at_points (
    experiment_id INTEGER NOT NULL REFERENCES experiments (id) ON DELETE CASCADE,
    point         INTEGER NOT NULL,                 -- place of the sweep's value, from 0; 0 where there is no sweep
    variant       TEXT    NOT NULL,
    unit          TEXT    NOT NULL,                 -- name of the metric, such as B/op
    n             INTEGER NOT NULL,                 -- how many values
    center        REAL    NOT NULL,                 -- their median, in the unit
    lo            REAL,                             -- ends of its 95 % interval; null where it has none
    hi            REAL,
    samples       TEXT    NOT NULL CHECK (json_valid(samples)), -- array of the values in the order of the runs
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
