-- +goose Up

-- What an experiment compares, stored with it so that its report needs nothing else. The next
-- migration, which is written in Go, fills the column in.
ALTER TABLE experiments ADD COLUMN subject TEXT NOT NULL DEFAULT ''; -- profiler.Design.Subject, such as case:pool
ALTER TABLE experiments ADD COLUMN design TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(design)); -- profiler.Design
UPDATE experiments SET subject = CASE source WHEN 'import' THEN 'import' ELSE 'case:' || case_name END;

-- Runs and series of a sweep are named after its values, not numbered.
ALTER TABLE runs ADD COLUMN row_name TEXT NOT NULL DEFAULT ''; -- profiler.Task.Row, such as GOGC=50; '' without a sweep
UPDATE runs SET row_name = coalesce((
    SELECT CASE WHEN json_extract(experiments.sweep, '$.over') IN ('gogc', 'gomemlimit', 'gomaxprocs')
           THEN upper(json_extract(experiments.sweep, '$.over')) ELSE json_extract(experiments.sweep, '$.over') END
           || '=' || json_extract(experiments.sweep, '$.values[' || runs.point || ']')
    FROM experiments WHERE experiments.id = runs.experiment_id AND experiments.sweep IS NOT NULL), '');
ALTER TABLE runs DROP COLUMN point;

-- The values of one unit of one variant in one row, over an experiment's runs, written when it
-- ends.
CREATE TABLE series_in_rows (
    experiment_id INTEGER NOT NULL REFERENCES experiments (id) ON DELETE CASCADE,
    row_name      TEXT    NOT NULL,                 -- profiler.Series.Row
    variant       TEXT    NOT NULL,
    unit          TEXT    NOT NULL,                 -- name of the metric, such as B/op
    n             INTEGER NOT NULL,                 -- how many values
    center        REAL    NOT NULL,                 -- their median, in the unit
    lo            REAL,                             -- ends of its 95 % interval; null where it has none
    hi            REAL,
    samples       TEXT    NOT NULL CHECK (json_valid(samples)), -- array of the values in the order of the runs
    PRIMARY KEY (experiment_id, row_name, variant, unit)
) STRICT, WITHOUT ROWID;
INSERT INTO series_in_rows (experiment_id, row_name, variant, unit, n, center, lo, hi, samples)
SELECT series.experiment_id, coalesce((
    SELECT CASE WHEN json_extract(experiments.sweep, '$.over') IN ('gogc', 'gomemlimit', 'gomaxprocs')
           THEN upper(json_extract(experiments.sweep, '$.over')) ELSE json_extract(experiments.sweep, '$.over') END
           || '=' || json_extract(experiments.sweep, '$.values[' || series.point || ']')
    FROM experiments WHERE experiments.id = series.experiment_id AND experiments.sweep IS NOT NULL), ''),
    variant, unit, n, center, lo, hi, samples FROM series;
DROP TABLE series;
ALTER TABLE series_in_rows RENAME TO series;

-- +goose Down
CREATE TABLE series_at_points (
    experiment_id INTEGER NOT NULL REFERENCES experiments (id) ON DELETE CASCADE,
    point         INTEGER NOT NULL,
    variant       TEXT    NOT NULL,
    unit          TEXT    NOT NULL,
    n             INTEGER NOT NULL,
    center        REAL    NOT NULL,
    lo            REAL,
    hi            REAL,
    samples       TEXT    NOT NULL CHECK (json_valid(samples)),
    PRIMARY KEY (experiment_id, point, variant, unit)
) STRICT, WITHOUT ROWID;
INSERT INTO series_at_points SELECT experiment_id, 0, variant, unit, n, center, lo, hi, samples FROM series WHERE row_name = '';
DROP TABLE series;
ALTER TABLE series_at_points RENAME TO series;
DELETE FROM runs WHERE row_name <> '';
ALTER TABLE runs ADD COLUMN point INTEGER NOT NULL DEFAULT 0;
ALTER TABLE runs DROP COLUMN row_name;
ALTER TABLE experiments DROP COLUMN design;
ALTER TABLE experiments DROP COLUMN subject;
