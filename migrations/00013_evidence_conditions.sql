-- +goose Up

DROP INDEX experiments_by_evidence;
DROP VIEW evidence;

-- The comparisons that are done under the default GOGC and GOMEMLIMIT, with what decides how well they
-- support a result. Older versions stored no settings if they were the defaults. Damaged JSON gets default
-- values, so that neither a query nor a write fails.
CREATE VIEW evidence AS
SELECT id, subject,
       iif(json_valid(design), coalesce(json_extract(design, '$.params'), '{}'), '{}') AS params, -- profiler.Params
       pinned,
       iif(json_valid(environment), coalesce(json_extract(environment, '$.machine'), ''), '') AS machine,
       iif(json_valid(config), coalesce(json_extract(config, '$.benchtime'), ''), '') AS benchtime,
       iif(json_valid(config), coalesce(json_extract(config, '$.count'), 0), 0) AS rounds
FROM experiments WHERE kind = 'comparison' AND state = 'done'
     AND iif(json_valid(config), coalesce(json_extract(config, '$.gogc'), ''), '') IN ('', '100')
     AND iif(json_valid(config), coalesce(json_extract(config, '$.gomemlimit'), ''), '') IN ('', 'off');

-- It has all columns of the view, so that its queries do not read designs.
CREATE INDEX experiments_by_evidence ON experiments (
    subject,
    iif(json_valid(design), coalesce(json_extract(design, '$.params'), '{}'), '{}'),
    pinned,
    iif(json_valid(environment), coalesce(json_extract(environment, '$.machine'), ''), ''),
    iif(json_valid(config), coalesce(json_extract(config, '$.benchtime'), ''), ''),
    iif(json_valid(config), coalesce(json_extract(config, '$.count'), 0), 0),
    id
) WHERE kind = 'comparison' AND state = 'done'
     AND iif(json_valid(config), coalesce(json_extract(config, '$.gogc'), ''), '') IN ('', '100')
     AND iif(json_valid(config), coalesce(json_extract(config, '$.gomemlimit'), ''), '') IN ('', 'off');

-- +goose Down
DROP INDEX experiments_by_evidence;
DROP VIEW evidence;

CREATE VIEW evidence AS
SELECT id, subject,
       iif(json_valid(design), coalesce(json_extract(design, '$.params'), '{}'), '{}') AS params,
       pinned,
       iif(json_valid(config), coalesce(json_extract(config, '$.count'), 0), 0) AS rounds
FROM experiments WHERE kind = 'comparison' AND state = 'done';

CREATE INDEX experiments_by_evidence ON experiments (
    subject,
    iif(json_valid(design), coalesce(json_extract(design, '$.params'), '{}'), '{}'),
    pinned,
    iif(json_valid(config), coalesce(json_extract(config, '$.count'), 0), 0),
    id
) WHERE kind = 'comparison' AND state = 'done';
