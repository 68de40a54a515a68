-- +goose Up

-- Imported profiles are read again: earlier versions ignored the units of sample types and the frames to drop, and
-- their digests have neither labels nor start lines. Until then, pages show their totals.
UPDATE profiles SET digest = NULL
WHERE fault = '' AND sha256 IN (SELECT profile_sha256 FROM imported_profiles)
      AND sha256 NOT IN (SELECT profile_sha256 FROM runs WHERE profile_sha256 IS NOT NULL); -- their summaries know the operations

-- +goose Down
SELECT 1;
