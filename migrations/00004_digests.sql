-- +goose Up

-- What pages show of a profile, computed once in a child when it is stored.
ALTER TABLE profiles ADD COLUMN digest BLOB;                   -- heap.Digest, as its Encode writes it; null until it was read, and where it cannot be
ALTER TABLE profiles ADD COLUMN fault TEXT NOT NULL DEFAULT ''; -- a sentence: why it cannot be read

-- +goose Down
ALTER TABLE profiles DROP COLUMN fault;
ALTER TABLE profiles DROP COLUMN digest;
