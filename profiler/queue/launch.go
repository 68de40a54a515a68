package queue

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"heaplab/profiler"
)

// Bounds of what a launch says about itself.
const (
	maxNote = 2000 // characters
	maxTags = 8
)

var tagPattern = regexp.MustCompile(`^[\p{L}\p{N}._-]{1,32}$`)

// A Launch is what somebody asks for. Empty fields take the defaults.
type Launch struct {
	Case      string
	Params    map[string]any // text or decoded JSON, by name
	Count     string
	Benchtime string
	GOGC      string
	Note      string
	Tags      []string
}

// Check turns a launch into an experiment, or says what is wrong with it. The fields of the
// faults are those of a Launch in lower case; params are "param.NAME". It stores nothing.
func (q *Queue) Check(l Launch) (profiler.Experiment, profiler.Faults) {
	c := profiler.Find(q.Cases, l.Case)
	if c == nil {
		return profiler.Experiment{}, profiler.Faults{{Field: "case", Message: fmt.Sprintf("there is no case named %q; there is %s", l.Case, q.caseNames())}}
	}
	cfg, faults := config(l)
	e := profiler.Experiment{
		Case:   c.Name,
		Config: cfg,
		State:  profiler.Queued,
		Note:   strings.TrimSpace(l.Note),
		Tags:   l.Tags,
	}
	params, wrong := c.Resolve(l.Params)
	for _, fault := range wrong {
		faults = append(faults, profiler.Fault{Field: "param." + fault.Field, Message: fault.Message})
	}
	e.Params = params
	if fault := CheckNote(e.Note); fault != "" {
		faults = append(faults, profiler.Fault{Field: "note", Message: fault})
	}
	if fault := CheckTags(e.Tags); fault != "" {
		faults = append(faults, profiler.Fault{Field: "tags", Message: fault})
	}
	if len(faults) == 0 {
		faults = c.CheckLimits(e.Params, e.Config)
	}
	return e, faults
}

func (q *Queue) caseNames() string {
	var names []string
	for _, c := range q.Cases {
		names = append(names, c.Name)
	}
	return strings.Join(names, ", ")
}

// config fills in the defaults and checks what was asked for.
func config(l Launch) (profiler.Config, profiler.Faults) {
	c := profiler.DefaultConfig(profiler.TotalMemory())
	c.Benchtime = cmp.Or(strings.TrimSpace(l.Benchtime), c.Benchtime)
	c.GOGC = cmp.Or(strings.TrimSpace(l.GOGC), c.GOGC)
	if count := strings.TrimSpace(l.Count); count != "" {
		n, err := strconv.Atoi(count)
		if err != nil {
			return c, append(c.Check(), profiler.Fault{Field: "count", Message: "must be a whole number"})
		}
		c.Count = n
	}
	return c, c.Check()
}

// CheckNote says what is wrong with an experiment's note, or "".
func CheckNote(note string) string {
	n := utf8.RuneCountInString(note)
	if n <= maxNote && utf8.ValidString(note) {
		return ""
	}
	return fmt.Sprintf("must be at most %d characters of text; it has %d", maxNote, n)
}

// CheckTags says what is wrong with an experiment's tags, or "".
func CheckTags(tags []string) string {
	if len(tags) > maxTags {
		return fmt.Sprintf("at most %d tags", maxTags)
	}
	for i, tag := range tags {
		if slices.Contains(tags[:i], tag) {
			return fmt.Sprintf("%q stands there twice", tag)
		}
		if !tagPattern.MatchString(tag) {
			return fmt.Sprintf("%q is no tag: up to 32 letters, digits, dots, dashes and underscores", tag)
		}
	}
	return ""
}

// Launch checks l and queues it. What is wrong with it is a profiler.Faults.
func (q *Queue) Launch(ctx context.Context, l Launch) (profiler.Experiment, error) {
	e, faults := q.Check(l)
	if len(faults) > 0 {
		return e, faults
	}
	e.Created = time.Now()
	id, err := q.Store.Add(ctx, e)
	if err != nil {
		return e, err
	}
	e.ID = id
	notify(q.wake)
	return e, nil
}
