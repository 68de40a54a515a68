-- name: AddExperiment :one
INSERT INTO experiments (subject, kind, design, config, sweep, state, note, tags, created_at, queued_at)
VALUES (?, ?, ?, ?, ?, 'queued', ?, ?, ?, ?)
RETURNING id;

-- name: AddImport :one
INSERT INTO experiments (subject, kind, design, config, environment, state, note, tags, created_at, finished_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
RETURNING id;
-- name: ImportOfParams :one
SELECT id FROM evidence -- "pinned >= 0" makes SQLite search the index of evidence
WHERE subject = sqlc.arg(subject) AND params = sqlc.arg(params) AND pinned >= 0
ORDER BY id LIMIT 1;

-- name: AddImportedProfile :exec
INSERT INTO imported_profiles (experiment_id, variant, file_name, profile_sha256) VALUES (?, ?, ?, ?);

-- name: ImportedProfiles :many
SELECT imported_profiles.variant, imported_profiles.file_name, profiles.sha256,
       CAST(length(profiles.gzip) AS INTEGER) AS gzip_size, profiles.summary, profiles.fault
FROM imported_profiles JOIN profiles ON profiles.sha256 = imported_profiles.profile_sha256
WHERE imported_profiles.experiment_id = ?
ORDER BY imported_profiles.variant;

-- name: ImportedTotals :many
SELECT imported_profiles.variant, imported_profiles.file_name, profiles.sha256, profiles.fault,
       CAST(json_remove(profiles.summary, '$.functions') AS TEXT) AS summary
FROM imported_profiles JOIN profiles ON profiles.sha256 = imported_profiles.profile_sha256
WHERE imported_profiles.experiment_id = ?
ORDER BY imported_profiles.variant;

-- name: AddImportedFile :exec
INSERT INTO imported_files (experiment_id, variant, number, file_name, profile_sha256) VALUES (?, ?, ?, ?, ?);

-- name: ImportedFiles :many
SELECT imported_files.variant, imported_files.file_name, profiles.sha256, CAST(length(profiles.gzip) AS INTEGER) AS gzip_size, profiles.fault,
       CAST(json_remove(profiles.summary, '$.functions') AS TEXT) AS summary
FROM imported_files JOIN profiles ON profiles.sha256 = imported_files.profile_sha256
WHERE imported_files.experiment_id = ?
ORDER BY imported_files.variant, imported_files.number;

-- name: ImportedFile :one
SELECT profiles.sha256, profiles.gzip
FROM imported_files JOIN profiles ON profiles.sha256 = imported_files.profile_sha256
WHERE imported_files.experiment_id = ? AND imported_files.variant = ? AND imported_files.number = ?;

-- name: Experiment :one
SELECT * FROM experiments WHERE id = ?;

-- name: FirstQueued :one
SELECT id FROM experiments WHERE state = 'queued' ORDER BY queued_at, id LIMIT 1;

-- name: QueuedBefore :one
SELECT count(*) FROM experiments AS own JOIN experiments AS other
ON other.state = 'queued' AND (other.queued_at < own.queued_at OR other.queued_at = own.queued_at AND other.id < own.id)
WHERE own.id = ?;

-- name: StartExperiment :execrows
UPDATE experiments SET state = 'running', started_at = ?, environment = ?
WHERE id = ? AND state = 'queued';

-- name: EndExperiment :execrows
UPDATE experiments SET state = ?, reason = ?, output = ?, finished_at = ?, not_added = ?, former_end = NULL
WHERE id = ? AND state = 'running';

-- name: SetRounds :exec
UPDATE experiments SET config = ?, added = ? WHERE id = ?;

-- name: SetNotAdded :exec
UPDATE experiments SET not_added = ? WHERE id = ?;

-- name: DeleteRounds :exec
DELETE FROM runs WHERE experiment_id = ? AND kind = 'measure' AND round >= sqlc.arg(first);

-- name: CancelQueued :execrows
UPDATE experiments SET state = 'canceled', finished_at = ? WHERE id = ? AND state = 'queued';

-- name: ContinueExperiment :exec
UPDATE experiments SET state = 'queued', config = ?, added = ?, former_end = ?, queued_at = ?, reason = '', output = '', finished_at = NULL
WHERE id = ?;

-- name: RestoreExperiment :exec
UPDATE experiments SET state = ?, config = ?, added = ?, former_end = NULL, reason = ?, output = ?, finished_at = ?
WHERE id = ?;

-- name: Unfinished :many
SELECT id FROM experiments WHERE state = 'running' ORDER BY id;

-- name: DeleteExperiment :execrows
DELETE FROM experiments WHERE id = ? AND state NOT IN ('queued', 'running');

-- name: DeleteOrphanProfiles :exec
DELETE FROM profiles WHERE NOT EXISTS (SELECT 1 FROM owned_profiles WHERE owned_profiles.profile_sha256 = profiles.sha256);

-- name: SetNote :exec
UPDATE experiments SET note = ? WHERE id = ?;

-- name: SetTags :exec
UPDATE experiments SET tags = ? WHERE id = ?;

-- name: SetTitle :exec
UPDATE experiments SET design = json_set(design, '$.title', CAST(sqlc.arg(title) AS TEXT)) WHERE id = sqlc.arg(id);

-- name: SetRows :exec
UPDATE experiments SET design = json_set(design, '$.rows', json(sqlc.arg(found))) WHERE id = sqlc.arg(id);

-- name: CountPinned :one
SELECT count(*) FROM experiments WHERE pinned = 1;

-- name: SetPinned :execrows
UPDATE experiments SET pinned = ? WHERE id = ?;

-- name: AddRun :exec
INSERT INTO runs (experiment_id, kind, variant, round, row_name, started_at, duration_ns, others_ns, steal_ns, calls, measurements, self_check, fit, profile_sha256, timeline, environment, output)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: AddProfile :exec
INSERT INTO profiles (sha256, gzip, summary, digest, fault) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (sha256) DO UPDATE SET summary = excluded.summary, digest = excluded.digest, fault = ''
WHERE excluded.digest IS NOT NULL AND profiles.digest IS NOT excluded.digest; -- update only if it was not read before, or by an older version

-- name: Digest :one
SELECT digest, fault FROM profiles WHERE sha256 = ?;

-- name: UnreadProfile :one
SELECT sha256, gzip FROM profiles WHERE digest IS NULL AND fault = '' LIMIT 1;

-- name: SetDigest :exec
UPDATE profiles SET summary = ?, digest = ?, fault = ? WHERE sha256 = ?;

-- name: Runs :many
SELECT runs.kind, runs.variant, runs.round, runs.row_name, runs.started_at, runs.duration_ns, runs.others_ns, runs.steal_ns, runs.calls, runs.measurements,
       runs.self_check, runs.fit, runs.timeline, runs.environment, runs.output, runs.profile_sha256,
       CAST(coalesce(length(profiles.gzip), 0) AS INTEGER) AS gzip_size, coalesce(profiles.summary, '') AS summary, coalesce(profiles.fault, '') AS fault
FROM runs LEFT JOIN profiles ON profiles.sha256 = runs.profile_sha256
WHERE runs.experiment_id = ?
ORDER BY runs.id;

-- name: Profile :one
SELECT profiles.sha256, profiles.gzip
FROM owned_profiles JOIN profiles ON profiles.sha256 = owned_profiles.profile_sha256
WHERE owned_profiles.experiment_id = ? AND owned_profiles.variant = ? AND owned_profiles.kind = ? AND owned_profiles.row_name = ?
ORDER BY owned_profiles.run_id LIMIT 1;

-- name: AddSeries :exec
INSERT OR REPLACE INTO series (experiment_id, row_name, variant, unit, n, center, lo, hi, samples)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: DeleteSeries :exec
DELETE FROM series WHERE experiment_id = ?;

-- name: Series :many
SELECT row_name, variant, unit, samples FROM series WHERE experiment_id = ? ORDER BY row_name, variant, unit;

-- name: MeasuredParams :many
SELECT CAST(params AS TEXT) AS text FROM evidence WHERE subject = sqlc.arg(subject) GROUP BY params;

-- name: BestEvidence :many
SELECT id, pinned, CAST(machine = CAST(sqlc.arg(machine) AS TEXT) AS INTEGER) AS here,
       CAST(benchtime IN ('', CAST(sqlc.arg(benchtime) AS TEXT)) AS INTEGER) AS usual, CAST(rounds AS INTEGER) AS n
FROM evidence -- "pinned >= 0" makes SQLite search the index of evidence
WHERE subject = sqlc.arg(subject) AND params = sqlc.arg(params) AND pinned >= 0
ORDER BY pinned DESC, here DESC, usual DESC, rounds DESC, id DESC LIMIT sqlc.arg(most);

-- name: EvidenceAfter :many
SELECT id FROM evidence -- "+id" keeps SQLite from searching another index by id
WHERE subject = sqlc.arg(subject) AND params = sqlc.arg(params) AND +id > CAST(sqlc.arg(after) AS INTEGER)
ORDER BY +id DESC LIMIT sqlc.arg(most);

-- name: NewestEvidence :many
SELECT id, CAST(params AS TEXT) AS params FROM evidence WHERE subject = sqlc.arg(subject) ORDER BY id DESC LIMIT sqlc.arg(most);

-- name: AddCalibration :exec
INSERT OR REPLACE INTO calibrations (experiment_id, result) VALUES (?, ?);

-- name: AcceptCalibration :execrows
UPDATE calibrations SET accepted_at = coalesce(accepted_at, ?) WHERE experiment_id = ?;

-- name: Calibration :one
SELECT calibrations.result, calibrations.accepted_at
FROM calibrations JOIN experiments ON experiments.id = calibrations.experiment_id
WHERE calibrations.experiment_id = ? AND experiments.state = 'done';

-- name: Calibrations :many
SELECT sqlc.embed(experiments), calibrations.result, calibrations.accepted_at
FROM experiments JOIN calibrations ON calibrations.experiment_id = experiments.id
WHERE kind = 'calibration' AND subject = sqlc.arg(subject) AND json_extract(environment, '$.machine') = CAST(sqlc.arg(machine) AS TEXT) AND state = 'done'
ORDER BY experiments.id DESC LIMIT sqlc.arg(most);

-- name: CalibrationsWithoutResult :many
SELECT id FROM experiments
WHERE kind = 'calibration' AND state = 'done' AND NOT EXISTS (SELECT 1 FROM calibrations WHERE calibrations.experiment_id = experiments.id)
ORDER BY id;

-- name: AddJudgment :exec
INSERT INTO judgments (experiment_id, judged_at, calibration, excluded, distrust) VALUES (?, ?, ?, ?, ?);

-- name: Judgments :many
SELECT * FROM judgments WHERE experiment_id = ? ORDER BY id;

-- name: Unjudged :many
SELECT * FROM experiments
WHERE experiments.id > sqlc.arg(after) AND kind <> 'calibration' AND state NOT IN ('queued', 'running') AND started_at IS NOT NULL
      AND NOT EXISTS (SELECT 1 FROM judgments WHERE judgments.experiment_id = experiments.id)
ORDER BY experiments.id LIMIT sqlc.arg(most);

-- name: Conditions :many
SELECT experiment_id, variant, row_name, duration_ns, others_ns, steal_ns, coalesce(environment, '') AS environment
FROM runs WHERE kind = 'measure' AND experiment_id >= sqlc.arg(first) AND experiment_id <= sqlc.arg(last)
ORDER BY experiment_id, id;

-- name: AddShare :one
INSERT INTO shares (experiment_id, token_sha256, hint, profiles, report, created_at, expires_at)
VALUES (?, ?, ?, ?, ?, ?, ?)
RETURNING id;

-- name: Shares :many
SELECT id, experiment_id, hint, profiles, created_at, expires_at, revoked_at
FROM shares WHERE experiment_id = ? ORDER BY id DESC;

-- name: SharedReport :one
SELECT id, experiment_id, profiles, report, created_at, expires_at
FROM shares WHERE token_sha256 = ? AND revoked_at IS NULL AND expires_at > ?;

-- name: RevokeShare :one
UPDATE shares SET revoked_at = coalesce(revoked_at, ?) WHERE id = ? RETURNING experiment_id;

-- name: AddSource :exec
INSERT INTO sources (sha256, text) VALUES (?, ?) ON CONFLICT (sha256) DO NOTHING;

-- name: AddExplanation :exec
INSERT INTO explanations (experiment_id, number, content, before_sha256, after_sha256) VALUES (?, ?, ?, ?, ?);

-- name: DeleteExplanations :exec
DELETE FROM explanations WHERE experiment_id = ?;

-- name: Explanations :many
SELECT content, CAST(coalesce(was.text, '') AS TEXT) AS before_text, CAST(coalesce(now.text, '') AS TEXT) AS after_text
FROM explanations LEFT JOIN sources AS was ON was.sha256 = before_sha256 LEFT JOIN sources AS now ON now.sha256 = after_sha256
WHERE experiment_id = ?
ORDER BY number;

-- name: DeleteOrphanSources :exec
DELETE FROM sources WHERE sha256 NOT IN (
    SELECT before_sha256 FROM explanations WHERE before_sha256 IS NOT NULL
    UNION SELECT after_sha256 FROM explanations WHERE after_sha256 IS NOT NULL
);
