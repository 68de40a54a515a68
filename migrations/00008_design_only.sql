-- +goose Up

-- The design has these.
DROP INDEX experiments_by_case;
DROP INDEX experiments_by_machine;
ALTER TABLE experiments DROP COLUMN source;
ALTER TABLE experiments DROP COLUMN case_name;
ALTER TABLE experiments DROP COLUMN title;
ALTER TABLE experiments DROP COLUMN params;
CREATE INDEX experiments_by_subject ON experiments (subject, id);
CREATE INDEX experiments_by_machine ON experiments (kind, subject, json_extract(environment, '$.machine'), id);

-- +goose Down
DROP INDEX experiments_by_machine;
DROP INDEX experiments_by_subject;
ALTER TABLE experiments ADD COLUMN params TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(params));
ALTER TABLE experiments ADD COLUMN title TEXT NOT NULL DEFAULT '';
ALTER TABLE experiments ADD COLUMN case_name TEXT NOT NULL DEFAULT '';
ALTER TABLE experiments ADD COLUMN source TEXT NOT NULL DEFAULT 'case' CHECK (source IN ('case', 'import'));
UPDATE experiments SET params = coalesce(json_extract(design, '$.params'), '{}'),
    title = CASE subject WHEN 'import' THEN json_extract(design, '$.title') ELSE '' END,
    case_name = CASE subject WHEN 'import' THEN 'import' ELSE replace(subject, 'case:', '') END,
    source = CASE subject WHEN 'import' THEN 'import' ELSE 'case' END;
CREATE INDEX experiments_by_case ON experiments (case_name, id);
CREATE INDEX experiments_by_machine ON experiments (kind, case_name, json_extract(environment, '$.machine'), id);
