package store

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"math"
	"time"

	jsonv2 "github.com/go-json-experiment/json"
	jsonv1 "github.com/go-json-experiment/json/v1"

	"heaplab/profiler"
	"heaplab/store/internal/db"
)

// experiment converts a row of the table experiments. The error is a *Damage.
func experiment(row db.Experiment) (profiler.Experiment, error) {
	e := profiler.Experiment{
		ID:       row.ID,
		Kind:     profiler.Kind(row.Kind),
		State:    profiler.State(row.State),
		Reason:   row.Reason,
		Output:   row.Output,
		Note:     row.Note,
		Pinned:   row.Pinned != 0,
		Created:  time.UnixMilli(row.CreatedAt).UTC(),
		Started:  timeOf(row.StartedAt),
		Finished: timeOf(row.FinishedAt),
		NotAdded: row.NotAdded,
	}
	err := decodeAll(row.ID,
		field{"design", row.Design, &e.Design},
		field{"config", row.Config, &e.Config},
		field{"sweep", row.Sweep.String, &e.Sweep},
		field{"tags", row.Tags, &e.Tags},
		field{"environment", row.Environment, &e.Environment},
		field{"added", row.Added.String, &e.Added},
	)
	if reason := fault(e); err == nil && reason != "" {
		err = &Damage{Experiment: row.ID, Reason: reason}
	}
	return e, err
}

// run converts a row of the table runs. Its profile has no content. The error is a *Damage.
func run(experiment int64, row db.RunsRow) (profiler.Run, error) {
	r := profiler.Run{
		Task:     profiler.Task{Kind: profiler.RunKind(row.Kind), Variant: row.Variant, Round: int(row.Round), Row: row.RowName},
		Started:  time.UnixMilli(row.StartedAt).UTC(),
		Duration: time.Duration(row.DurationNs),
		Others:   time.Duration(row.OthersNs),
		Steal:    time.Duration(row.StealNs),
		Calls:    row.Calls,
		Output:   row.Output,
	}
	fields := []field{
		{"measurements", row.Measurements, &r.Measurements},
		{"self-check", row.SelfCheck.String, &r.SelfCheck},
		{"fit", row.Fit.String, &r.Fit},
		{"environment", row.Environment.String, &r.Environment},
	}
	if row.ProfileSha256.Valid {
		r.Profile = &profiler.Profile{SHA256: row.ProfileSha256.String, GzipSize: row.GzipSize, Fault: row.Fault}
		fields = append(fields, field{"summary", row.Summary, &r.Profile.Summary})
	}
	if len(row.Timeline) > 0 {
		if err := unpack(row.Timeline, &r.Timeline); err != nil {
			return r, &Damage{experiment, "its timeline cannot be decoded", err}
		}
		if r.Timeline != nil && !r.Timeline.Complete() {
			return r, &Damage{Experiment: experiment, Reason: "its timeline lacks values"}
		}
	}
	if err := decodeAll(experiment, fields...); err != nil {
		return r, err
	}
	for _, m := range r.Measurements {
		if !plausible(m.Value) {
			return r, &Damage{Experiment: experiment, Reason: fmt.Sprintf("a measurement in %s is impossibly large", m.Unit)}
		}
	}
	if !storable(r.Started) {
		return r, &Damage{Experiment: experiment, Reason: "the time of a run is not in the years 1 to 9999"}
	}
	return r, nil
}

// A field is a column of JSON and the value to decode it into.
type field struct {
	name, text string
	to         any
}

// decodeAll decodes columns of JSON of an experiment. It skips empty ones. The error is a *Damage.
func decodeAll(experiment int64, fields ...field) error {
	for _, f := range fields {
		if f.text == "" {
			continue
		}
		decode := json.Unmarshal
		if _, ok := f.to.(*profiler.Summary); ok {
			decode = decodeSummary
		}
		if err := decode([]byte(f.text), f.to); err != nil {
			return &Damage{experiment, fmt.Sprintf("its %s cannot be decoded", f.name), err}
		}
	}
	return nil
}

// decodeSummary decodes the summary of a profile. It is by far the largest column: with the standard library, reading two
// of them took a tenth of the time of a page.
func decodeSummary(text []byte, to any) error {
	return jsonv2.Unmarshal(text, to, jsonv1.FormatDurationAsNano(true))
}

// encode encodes v as JSON. It panics if v cannot be encoded.
func encode(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("store: encode %T: %v", v, err))
	}
	return string(b)
}

// optional encodes v as JSON, or as null if it is nil.
func optional[T any](v *T) sql.NullString {
	if v == nil {
		return sql.NullString{}
	}
	return sql.NullString{String: encode(v), Valid: true}
}

// instant encodes a time in milliseconds. The zero time becomes null.
func instant(t time.Time) sql.NullInt64 {
	return sql.NullInt64{Int64: t.UnixMilli(), Valid: !t.IsZero()}
}

// timeOf decodes the result of instant.
func timeOf(n sql.NullInt64) time.Time {
	if !n.Valid {
		return time.Time{}
	}
	return time.UnixMilli(n.Int64).UTC()
}

// number encodes a number. NaN and infinities become null.
func number(f profiler.Float) sql.NullFloat64 {
	return sql.NullFloat64{Float64: float64(f), Valid: !math.IsNaN(float64(f)) && !math.IsInf(float64(f), 0)}
}

// flag encodes a bool.
func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// wrap adds the operation to err, if it is not nil.
func wrap(operation string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", operation, err)
}
