-- +goose Up

-- The comparisons that are done, with what decides how well they support a result. Damaged JSON gets
-- default values, so that neither a query nor a write fails.
CREATE VIEW evidence AS
SELECT id, subject,
       iif(json_valid(design), coalesce(json_extract(design, '$.params'), '{}'), '{}') AS params, -- profiler.Params
       pinned,
       iif(json_valid(config), coalesce(json_extract(config, '$.count'), 0), 0) AS rounds
FROM experiments WHERE kind = 'comparison' AND state = 'done';

-- It has all columns of the view, so that its queries do not read designs.
CREATE INDEX experiments_by_evidence ON experiments (
    subject,
    iif(json_valid(design), coalesce(json_extract(design, '$.params'), '{}'), '{}'),
    pinned,
    iif(json_valid(config), coalesce(json_extract(config, '$.count'), 0), 0),
    id
) WHERE kind = 'comparison' AND state = 'done';

-- +goose Down
DROP INDEX experiments_by_evidence;
DROP VIEW evidence;
