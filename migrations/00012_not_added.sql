-- +goose Up

-- A continuation that ends early or is refused leaves the result of the experiment as it was.
ALTER TABLE experiments ADD COLUMN not_added TEXT NOT NULL DEFAULT ''; -- sentences: why the last continuation did not add all its rounds; '' if it did, or if there was none

-- +goose Down
ALTER TABLE experiments DROP COLUMN not_added;
