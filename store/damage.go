package store

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/mattn/go-sqlite3"

	"heaplab/profiler"
	"heaplab/store/internal/db"
)

// A Damage is the error of an experiment that cannot be read. It is an ErrDamaged.
type Damage struct {
	Experiment int64
	Reason     string // such as "its design has no variants"
	Err        error  // of the decoder; may be nil
}

func (d *Damage) Error() string {
	text := fmt.Sprintf("experiment %d is damaged: %s", d.Experiment, d.Reason)
	if d.Err != nil {
		text += ": " + d.Err.Error()
	}
	return text
}

// Sentence describes the damage for people.
func (d *Damage) Sentence() string {
	return fmt.Sprintf("Experiment %d cannot be read: %s.", d.Experiment, d.Reason)
}

func (d *Damage) Is(target error) bool { return target == ErrDamaged }

func (d *Damage) Unwrap() error { return d.Err }

// readError returns the error of a query for a part of an experiment, such as its runs. It is a
// *Damage if the database or a value in it is malformed.
func readError(experiment int64, part string, err error) error {
	if Corrupt(err) {
		return &Damage{experiment, fmt.Sprintf("its %s cannot be read", part), err}
	}
	return fmt.Errorf("%s of experiment %d: %w", part, experiment, err)
}

// Corrupt reports whether a query failed because the database or a value in it is malformed.
func Corrupt(err error) bool {
	var e sqlite3.Error
	if errors.As(err, &e) {
		return e.Code == sqlite3.ErrCorrupt || e.Code == sqlite3.ErrNotADB || e.Error() == "malformed JSON"
	}
	return err != nil && strings.Contains(err.Error(), "sql: Scan error") // database/sql has no type for it
}

// damaged returns what is known of an experiment that cannot be read. Its design has only a subject
// and a title, and it has no config.
func damaged(row db.Experiment, d *Damage) profiler.Experiment {
	e := profiler.Experiment{
		ID:      row.ID,
		Kind:    profiler.Kind(row.Kind),
		Design:  profiler.Design{Subject: row.Subject, Title: row.Subject},
		State:   profiler.State(row.State),
		Note:    row.Note,
		Pinned:  row.Pinned != 0,
		Created: time.UnixMilli(row.CreatedAt).UTC(),
		Damaged: d.Sentence(),
	}
	if row.Subject == "" {
		e.Design.Title = fmt.Sprintf("Experiment %d", row.ID)
	}
	if !storable(e.Created) {
		e.Created = time.Time{}
	}
	return e
}

// fault returns what the data of an experiment lacks, or "". Reports need all that it checks: a
// sweep without values, for example, has no row to show.
func fault(e profiler.Experiment) string {
	imported := e.Design.Kind() == profiler.SubjectImport
	switch {
	case len(e.Design.Variants) == 0:
		return "its design has no variants"
	case e.Kind == profiler.KindSweep && (e.Sweep == nil || len(e.Sweep.Values) == 0):
		return "its sweep has no values"
	case e.Kind != profiler.KindSweep && e.Sweep != nil:
		return fmt.Sprintf("it is a %s, but has a sweep", e.Kind)
	case e.Config.Count < 0 || e.Config.Count > profiler.MaxCount || e.Config.Count == 0 && !imported: // imported profiles have no rounds
		return fmt.Sprintf("it has %d rounds, not 1 to %d", e.Config.Count, profiler.MaxCount)
	case !storable(e.Created) || !storable(e.Started) || !storable(e.Finished):
		return "one of its times is not in the years 1 to 9999"
	}
	names := make([]string, len(e.Design.Variants))
	for i, v := range e.Design.Variants {
		names[i] = v.Name
	}
	if !unique(names) {
		return "two of its variants have the same name, or one has none"
	}
	if e.Sweep != nil && !unique(e.Sweep.Values) {
		return "two values of its sweep are the same, or one is empty"
	}
	return ""
}

// unique reports whether all texts differ and none is empty.
func unique(texts []string) bool {
	seen := map[string]bool{"": true}
	for _, text := range texts {
		if seen[text] {
			return false
		}
		seen[text] = true
	}
	return true
}

// storable reports whether JSON can hold t: its year has four digits.
func storable(t time.Time) bool { return t.Year() >= 1 && t.Year() <= 9999 }

// maxValue is the largest absolute value of a measurement. No metric comes near it, and sums of
// larger values would overflow to infinity, which JSON cannot hold.
const maxValue = 1e100

func plausible(value float64) bool { return math.Abs(value) <= maxValue }
