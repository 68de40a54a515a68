-- +goose Up

DROP VIEW owned_profiles;

-- The experiment, variant and row of each profile: a run wrote it, or it was imported, or it is one of several
-- imported files.
CREATE VIEW owned_profiles AS
SELECT experiment_id, variant, kind, row_name, profile_sha256, id AS run_id FROM runs WHERE profile_sha256 IS NOT NULL
UNION ALL
SELECT experiment_id, variant, 'import' AS kind, '' AS row_name, profile_sha256, 0 AS run_id FROM imported_profiles
UNION ALL
SELECT experiment_id, variant, 'file' AS kind, '' AS row_name, profile_sha256, number AS run_id FROM imported_files;

-- +goose Down
DROP VIEW owned_profiles;
CREATE VIEW owned_profiles AS
SELECT experiment_id, variant, kind, profile_sha256, id AS run_id FROM runs WHERE profile_sha256 IS NOT NULL
UNION ALL
SELECT experiment_id, variant, 'import' AS kind, profile_sha256, 0 AS run_id FROM imported_profiles
UNION ALL
SELECT experiment_id, variant, 'file' AS kind, profile_sha256, number AS run_id FROM imported_files;
