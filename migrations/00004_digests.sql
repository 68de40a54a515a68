-- +goose Up

-- The digest of a profile, from which pages are made. A child computes it when the profile is stored.
ALTER TABLE profiles ADD COLUMN digest BLOB;                   -- heap.Digest, encoded by its method Encode; null if the profile has not been read or cannot be
ALTER TABLE profiles ADD COLUMN fault TEXT NOT NULL DEFAULT ''; -- a sentence that says why it cannot be read

-- +goose Down
ALTER TABLE profiles DROP COLUMN fault;
ALTER TABLE profiles DROP COLUMN digest;
