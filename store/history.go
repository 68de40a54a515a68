package store

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"heaplab/profiler"
	"heaplab/store/internal/db"
)

// Orders of the history. They are part of the API.
const (
	Newest = "newest" // default: pinned experiments first, then by launch time, latest first
	Oldest = "oldest"
)

// A Filter says which experiments the history lists, and in which order. Empty fields do not filter.
type Filter struct {
	Subject string // such as "case:pool", or the kind of a subject, such as "case"
	Kind    profiler.Kind
	State   profiler.State
	Tag     string

	Query  string // part of the subject, the title, a label as k=v, the note or a tag; or #id
	Sort   string // Newest or Oldest; empty means Newest
	Cursor string // Next of the previous page; empty for the first page
	Limit  int    // experiments per page
}

// A HistoryPage is a page of the history.
type HistoryPage struct {
	Experiments []profiler.Experiment
	Next        string // cursor of the next page; empty on the last
}

// History lists experiments. A page starts after the last key of the previous page, so no experiment
// is repeated or skipped while others are added. An experiment that cannot be read has only its
// Damaged field and what is known of it. History returns ErrInvalid for an invalid cursor.
func (s *Store) History(ctx context.Context, f Filter) (HistoryPage, error) {
	query, args, err := historyQuery(f)
	if err != nil {
		return HistoryPage{}, err
	}
	rows, err := s.reader.QueryContext(ctx, query, args...)
	if err != nil {
		return HistoryPage{}, fmt.Errorf("history: %w", err)
	}
	defer rows.Close()
	var page HistoryPage
	for rows.Next() {
		var row db.Experiment
		err := rows.Scan(&row.ID, &row.Kind, &row.Subject, &row.Design, &row.Config, &row.Sweep, &row.State, &row.Reason, &row.Output, &row.Note,
			&row.Tags, &row.Pinned, &row.Environment, &row.CreatedAt, &row.StartedAt, &row.FinishedAt, &row.Added)
		if err != nil {
			return HistoryPage{}, fmt.Errorf("history: %w", err)
		}
		e, err := experiment(row)
		if damage := new(Damage); errors.As(err, &damage) {
			e, err = damaged(row, damage), nil
		}
		if err != nil {
			return HistoryPage{}, err
		}
		page.Experiments = append(page.Experiments, e)
	}
	if len(page.Experiments) > f.Limit {
		page.Experiments = page.Experiments[:f.Limit]
		page.Next = cursor(page.Experiments[f.Limit-1])
	}
	return page, wrap("history", rows.Err())
}

// historyQuery returns the SQL of a filter with its arguments. It selects one row more than the
// page, to know whether there is a next page.
func historyQuery(f Filter) (string, []any, error) {
	where, args := []string{"TRUE"}, []any{}
	add := func(condition string, values ...any) {
		where, args = append(where, condition), append(args, values...)
	}
	if f.Subject != "" { // ';' is the character after ':'
		add("(subject = ? OR subject > ? AND subject < ?)", f.Subject, f.Subject+":", f.Subject+";")
	}
	if f.Kind != "" {
		add("kind = ?", string(f.Kind))
	}
	if f.State != "" {
		add("state = ?", string(f.State))
	}
	if f.Tag != "" {
		add("EXISTS (SELECT 1 FROM json_each(iif(json_valid(tags), tags, '[]')) WHERE value = ?)", f.Tag)
	}
	if f.Query != "" {
		like := "%" + likeEscaper.Replace(f.Query) + "%"
		add(`(subject LIKE ? ESCAPE '\' OR json_extract(iif(json_valid(design), design, '{}'), '$.title') LIKE ? ESCAPE '\'
			OR EXISTS (SELECT 1 FROM json_each(iif(json_valid(design), design, '{}'), '$.labels') WHERE key || '=' || value LIKE ? ESCAPE '\')
			OR note LIKE ? ESCAPE '\' OR tags LIKE ? ESCAPE '\' OR '#' || id = ?)`,
			like, like, like, like, like, f.Query)
	}
	order := "pinned DESC, id DESC"
	if f.Sort == Oldest {
		order = "id"
	}
	if f.Cursor != "" {
		pinned, id, err := parseCursor(f.Cursor)
		if err != nil {
			return "", nil, err
		}
		if f.Sort == Oldest {
			add("id > ?", id)
		} else {
			add("(pinned, id) < (?, ?)", pinned, id)
		}
	}
	query := `SELECT id, kind, subject, design, config, sweep, state, reason, '' AS output, note,
			tags, pinned, environment, created_at, started_at, finished_at, added
		FROM experiments WHERE ` + strings.Join(where, " AND ") + ` ORDER BY ` + order + ` LIMIT ?`
	return query, append(args, f.Limit+1), nil
}

// likeEscaper escapes the wildcards of LIKE.
var likeEscaper = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

// cursor returns the cursor of the page after e.
func cursor(e profiler.Experiment) string {
	return base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%d.%d", flag(e.Pinned), e.ID))
}

// parseCursor decodes a cursor. The error is ErrInvalid.
func parseCursor(s string) (pinned, id int64, err error) {
	b, err := base64.RawURLEncoding.DecodeString(s)
	first, second, ok := strings.Cut(string(b), ".")
	if err == nil && ok {
		pinned, err = strconv.ParseInt(first, 10, 64)
	}
	if err == nil && ok {
		id, err = strconv.ParseInt(second, 10, 64)
	}
	if err != nil || !ok {
		return 0, 0, fmt.Errorf("cursor %q is not from a previous page: %w", s, ErrInvalid)
	}
	return pinned, id, nil
}
