-- +goose Up

-- The results of calibrations that are done.
CREATE TABLE calibrations (
    experiment_id INTEGER PRIMARY KEY REFERENCES experiments (id) ON DELETE CASCADE,
    result        TEXT    NOT NULL CHECK (json_valid(result)), -- report.Calibration
    accepted_at   INTEGER                                      -- Unix time in milliseconds; null until somebody accepts the floors, which matters only if the machine was busy
) STRICT;

-- Which noise floors the verdicts of an experiment use. Rows are only added; the last one of an
-- experiment applies. A calibration has none.
CREATE TABLE judgments (
    id            INTEGER PRIMARY KEY,
    experiment_id INTEGER NOT NULL REFERENCES experiments (id) ON DELETE CASCADE,
    judged_at     INTEGER NOT NULL,                            -- Unix time in milliseconds
    calibration   TEXT    CHECK (json_valid(calibration)),     -- report.Calibration, a copy; null for the default floors
    excluded      TEXT    CHECK (json_valid(excluded)),        -- report.Exclusion; null if there was none
    distrust      TEXT    NOT NULL CHECK (json_valid(distrust)) -- report.Distrust
) STRICT;

CREATE INDEX judgments_by_experiment ON judgments (experiment_id, id);

-- +goose Down
DROP TABLE judgments;
DROP TABLE calibrations;
