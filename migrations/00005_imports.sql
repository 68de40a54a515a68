-- +goose Up

-- An experiment comes from runs of a case, or from two imported profiles. An import has no runs.
ALTER TABLE experiments ADD COLUMN source TEXT NOT NULL DEFAULT 'case' CHECK (source IN ('case', 'import'));
ALTER TABLE experiments ADD COLUMN title TEXT NOT NULL DEFAULT ''; -- of an import; other experiments have the title of their case

-- The profiles of imports.
CREATE TABLE imported_profiles (
    experiment_id  INTEGER NOT NULL REFERENCES experiments (id) ON DELETE CASCADE,
    variant        TEXT    NOT NULL CHECK (variant IN ('baseline', 'variant')),
    file_name      TEXT    NOT NULL,                -- name of the uploaded file
    profile_sha256 TEXT    NOT NULL REFERENCES profiles (sha256),
    PRIMARY KEY (experiment_id, variant)
) STRICT, WITHOUT ROWID;

CREATE INDEX imported_profiles_by_profile ON imported_profiles (profile_sha256);

-- The experiment and variant of each profile, whether a run wrote it or it was imported.
CREATE VIEW owned_profiles AS
SELECT experiment_id, variant, kind, profile_sha256, id AS run_id FROM runs WHERE profile_sha256 IS NOT NULL
UNION ALL
SELECT experiment_id, variant, 'import' AS kind, profile_sha256, 0 AS run_id FROM imported_profiles;

-- +goose Down
DROP VIEW owned_profiles;
DELETE FROM experiments WHERE source = 'import';
DROP TABLE imported_profiles;
DELETE FROM profiles WHERE NOT EXISTS (SELECT 1 FROM runs WHERE runs.profile_sha256 = profiles.sha256);
ALTER TABLE experiments DROP COLUMN title;
ALTER TABLE experiments DROP COLUMN source;
