-- +goose Up

-- Processor time that was used by others during a run.
ALTER TABLE runs ADD COLUMN others_ns INTEGER NOT NULL DEFAULT 0; -- processor time of other processes
ALTER TABLE runs ADD COLUMN steal_ns INTEGER NOT NULL DEFAULT 0;  -- processor time that the hypervisor gave to others

-- +goose Down
ALTER TABLE runs DROP COLUMN steal_ns;
ALTER TABLE runs DROP COLUMN others_ns;
