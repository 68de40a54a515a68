-- +goose Up

-- Source code of functions. Text that several explanations have is stored once.
CREATE TABLE sources (
    sha256 TEXT PRIMARY KEY, -- of the text, in hex
    text   TEXT NOT NULL
) STRICT;

-- What the source code says about the functions that changed most.
CREATE TABLE explanations (
    experiment_id INTEGER NOT NULL REFERENCES experiments (id) ON DELETE CASCADE,
    number        INTEGER NOT NULL, -- from 0: the order in the experiment
    content       TEXT    NOT NULL CHECK (json_valid(content)), -- profiler.Explanation without the texts
    before_sha256 TEXT    REFERENCES sources (sha256), -- of the baseline; null if it does not have the function
    after_sha256  TEXT    REFERENCES sources (sha256), -- of the variant; likewise
    PRIMARY KEY (experiment_id, number)
) STRICT, WITHOUT ROWID;

CREATE INDEX explanations_by_before ON explanations (before_sha256);
CREATE INDEX explanations_by_after ON explanations (after_sha256);

-- +goose Down
DROP TABLE explanations;
DROP TABLE sources;
