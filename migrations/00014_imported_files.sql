-- +goose Up

-- The files of one side of an import, if there are several. imported_profiles has their sum.
CREATE TABLE imported_files (
    experiment_id  INTEGER NOT NULL REFERENCES experiments (id) ON DELETE CASCADE,
    variant        TEXT    NOT NULL CHECK (variant IN ('baseline', 'variant')),
    number         INTEGER NOT NULL,                -- from 1, in the order of the upload
    file_name      TEXT    NOT NULL,                -- name of the uploaded file
    profile_sha256 TEXT    NOT NULL REFERENCES profiles (sha256),
    PRIMARY KEY (experiment_id, variant, number)
) STRICT, WITHOUT ROWID;

CREATE INDEX imported_files_by_profile ON imported_files (profile_sha256);

DROP VIEW owned_profiles;

-- The experiment and variant of each profile: a run wrote it, or it was imported, or it is one of several
-- imported files.
CREATE VIEW owned_profiles AS
SELECT experiment_id, variant, kind, profile_sha256, id AS run_id FROM runs WHERE profile_sha256 IS NOT NULL
UNION ALL
SELECT experiment_id, variant, 'import' AS kind, profile_sha256, 0 AS run_id FROM imported_profiles
UNION ALL
SELECT experiment_id, variant, 'file' AS kind, profile_sha256, number AS run_id FROM imported_files;

-- +goose Down
DROP VIEW owned_profiles;
CREATE VIEW owned_profiles AS
SELECT experiment_id, variant, kind, profile_sha256, id AS run_id FROM runs WHERE profile_sha256 IS NOT NULL
UNION ALL
SELECT experiment_id, variant, 'import' AS kind, profile_sha256, 0 AS run_id FROM imported_profiles;
DROP TABLE imported_files;
DELETE FROM profiles WHERE NOT EXISTS (SELECT 1 FROM owned_profiles WHERE owned_profiles.profile_sha256 = profiles.sha256);
