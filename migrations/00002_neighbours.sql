-- +goose Up

-- What else the machine did while a run was measured.
ALTER TABLE runs ADD COLUMN others_ns INTEGER NOT NULL DEFAULT 0; -- processor time that other processes took
ALTER TABLE runs ADD COLUMN steal_ns INTEGER NOT NULL DEFAULT 0;  -- processor time that the hypervisor gave to others

-- +goose Down
ALTER TABLE runs DROP COLUMN steal_ns;
ALTER TABLE runs DROP COLUMN others_ns;
