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
	"heaplab/profiler/child"
	"heaplab/profiler/report"
	"heaplab/profiler/subject"
	"heaplab/profiler/subject/imported"
)

// Limits of a launch.
const (
	maxNote = 2000 // characters
	maxTags = 8
)

var tagPattern = regexp.MustCompile(`^[\p{L}\p{N}._-]{1,32}$`)

// A Launch is a request for an experiment. Its settings are text, as a user enters them. An empty setting
// means its default.
type Launch struct {
	Subject     string // such as "case:pool"
	Title       string
	Kind        profiler.Kind  // "" for a comparison, or for a sweep if Sweep is set
	Params      map[string]any // text or decoded JSON by name
	Sweep       string         // such as "GOGC=25,50,100,200"
	Count       string
	Benchtime   string
	GOGC        string
	GOMEMLIMIT  string
	GOMAXPROCS  string
	TimeLimit   string // such as "2m"
	MemoryLimit string // such as "4GiB"
	Note        string
	Tags        []string

	// Env is the environment of commands. It is not stored: the queue keeps it in memory until the
	// experiment has ended.
	Env []string
}

// Check returns the experiment of a launch, or its faults. The fields of the faults are the fields of a
// Launch in lower case, with "_" between words; those of params are "param.NAME". Check stores nothing.
func (q *Queue) Check(l Launch) (profiler.Experiment, profiler.Faults) {
	e := profiler.Experiment{State: profiler.Queued, Note: strings.TrimSpace(l.Note), Tags: l.Tags, Env: l.Env}
	var faults, wrong profiler.Faults
	e.Kind, e.Sweep, wrong = kind(l)
	faults = append(faults, wrong...)
	e.Config, wrong = config(l, e.Kind)
	faults = append(faults, wrong...)
	add := func(field, message string) {
		if message != "" {
			faults = append(faults, profiler.Fault{Field: field, Message: message})
		}
	}
	add("title", imported.CheckTitle(l.Title))
	add("note", CheckNote(e.Note))
	add("tags", CheckTags(e.Tags))
	s, err := q.Subjects.Find(l.Subject)
	if err != nil {
		return e, append(faults, profiler.Fault{Field: "subject", Message: err.Error()})
	}
	if s, ok := s.(subject.Configurer); ok {
		e.Config = s.Configure(e.Config)
	}
	// A subject needs valid settings to design an experiment. If they are invalid, check only the params.
	ask := subject.Launch{Subject: l.Subject, Title: strings.TrimSpace(l.Title), Kind: e.Kind, Params: l.Params, Config: e.Config, Sweep: e.Sweep}
	if len(faults) > 0 {
		ask.Kind, ask.Sweep, ask.Config = profiler.KindComparison, nil, profiler.DefaultConfig(child.TotalMemory())
	}
	e.Design, wrong = s.Design(ask)
	if len(wrong) == 0 && len(e.Design.Variants) == 0 {
		wrong = profiler.Faults{{Field: "subject", Message: "has nothing to compare"}}
	}
	for _, fault := range wrong {
		if len(faults) == 0 || strings.HasPrefix(fault.Field, "param.") || fault.Field == "case" {
			add(fault.Field, fault.Message)
		}
	}
	return e, faults
}

// kind returns the kind of experiment of a launch, and its sweep.
func kind(l Launch) (profiler.Kind, *profiler.Sweep, profiler.Faults) {
	fault := func(field, message string) (profiler.Kind, *profiler.Sweep, profiler.Faults) {
		return profiler.KindComparison, nil, profiler.Faults{{Field: field, Message: message}}
	}
	text := strings.TrimSpace(l.Sweep)
	switch {
	case l.Kind == profiler.KindCalibration && text != "":
		return fault("sweep", "a calibration has no sweep: leave this empty")
	case l.Kind == profiler.KindComparison && text != "":
		return fault("sweep", "a comparison has no sweep: leave this empty, or leave out the kind")
	case l.Kind == profiler.KindSweep && text == "":
		return fault("sweep", "must name what to vary, such as GOGC=25,50,100,200")
	case l.Kind != "" && !slices.Contains([]profiler.Kind{profiler.KindComparison, profiler.KindSweep, profiler.KindCalibration}, l.Kind):
		return fault("kind", "must be comparison, sweep or calibration")
	case text == "":
		return cmp.Or(l.Kind, profiler.KindComparison), nil, nil
	}
	sweep, err := profiler.ParseSweep(text)
	if err != nil {
		return fault("sweep", err.Error())
	}
	return profiler.KindSweep, sweep, nil
}

// config returns the settings of a launch with defaults filled in, and their faults.
func config(l Launch, kind profiler.Kind) (profiler.Config, profiler.Faults) {
	memory := child.TotalMemory()
	c := profiler.DefaultConfig(memory)
	if kind == profiler.KindCalibration {
		c.Count = report.CalibrationRounds
	}
	c.Benchtime = cmp.Or(strings.TrimSpace(l.Benchtime), c.Benchtime)
	c.GOGC = cmp.Or(strings.TrimSpace(l.GOGC), c.GOGC)
	c.GOMEMLIMIT = cmp.Or(strings.TrimSpace(l.GOMEMLIMIT), c.GOMEMLIMIT)

	var faults profiler.Faults
	for _, setting := range []struct {
		field, text string
		set         func(text string) error
		help        string
	}{
		{"count", l.Count, number(&c.Count), "must be a whole number"},
		{"gomaxprocs", l.GOMAXPROCS, number(&c.GOMAXPROCS), "must be a whole number"},
		{"time_limit", l.TimeLimit, parsed(&c.TimeLimit, time.ParseDuration), "must be a time such as 2m or 90s"},
		{"memory_limit", l.MemoryLimit, parsed(&c.MemoryLimit, profiler.ParseSize), "must be a size such as 512MiB or 4GiB"},
	} {
		text := strings.TrimSpace(setting.text)
		if text == "" {
			continue
		}
		if err := setting.set(text); err != nil {
			faults = append(faults, profiler.Fault{Field: setting.field, Message: setting.help})
		}
	}
	if kind == profiler.KindCalibration && c.Count < report.MinCalibrationRounds && faults.For("count") == "" {
		faults = append(faults, profiler.Fault{Field: "count", Message: fmt.Sprintf("a calibration needs at least %d rounds", report.MinCalibrationRounds)})
	}
	for _, fault := range c.Check(memory) {
		if faults.For(fault.Field) == "" {
			faults = append(faults, fault)
		}
	}
	return c, faults
}

// number returns a func that parses a whole number into to.
func number(to *int) func(string) error { return parsed(to, strconv.Atoi) }

// parsed returns a func that parses a text into to.
func parsed[T any](to *T, parse func(string) (T, error)) func(string) error {
	return func(text string) error {
		v, err := parse(text)
		if err == nil {
			*to = v
		}
		return err
	}
}

// CheckNote returns the fault of an experiment's note, or "".
func CheckNote(note string) string {
	n := utf8.RuneCountInString(note)
	if n <= maxNote && utf8.ValidString(note) {
		return ""
	}
	return fmt.Sprintf("must be at most %d characters of text; it has %d", maxNote, n)
}

// CheckTags returns the fault of an experiment's tags, or "".
func CheckTags(tags []string) string {
	if len(tags) > maxTags {
		return fmt.Sprintf("at most %d tags", maxTags)
	}
	for i, tag := range tags {
		if slices.Contains(tags[:i], tag) {
			return fmt.Sprintf("%q is repeated", tag)
		}
		if !tagPattern.MatchString(tag) {
			return fmt.Sprintf("%q is not a tag: use up to 32 letters, digits, dots, dashes and underscores", tag)
		}
	}
	return ""
}

// Launch checks l and queues its experiment. The error is a profiler.Faults for faults of the input.
func (q *Queue) Launch(ctx context.Context, l Launch) (profiler.Experiment, error) {
	e, faults := q.Check(l)
	if len(faults) > 0 {
		return e, faults
	}
	e.Created = time.Now()
	id, err := q.envs.add(e.Env, func() (int64, error) { return q.Store.Add(ctx, e) })
	if err != nil {
		return e, err
	}
	e.ID = id
	notify(q.wake)
	return e, nil
}
