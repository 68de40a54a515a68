-- +goose Up

-- An experiment that has ended can be continued: it is queued again, and its plan can get more rounds.
ALTER TABLE experiments ADD COLUMN added TEXT CHECK (json_valid(added)); -- array of profiler.Addition, in order of time; null if it was never continued
ALTER TABLE experiments ADD COLUMN former_end TEXT CHECK (json_valid(former_end)); -- store.formerEnd: restored if the continuation is canceled before it starts; null once it has started

-- Experiments run in this order, then in the order of their ids.
ALTER TABLE experiments ADD COLUMN queued_at INTEGER NOT NULL DEFAULT 0; -- Unix time in milliseconds
UPDATE experiments SET queued_at = created_at;

-- +goose Down
ALTER TABLE experiments DROP COLUMN queued_at;
ALTER TABLE experiments DROP COLUMN former_end;
ALTER TABLE experiments DROP COLUMN added;
