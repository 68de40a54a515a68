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
	Kind        string // of experiment; empty for a comparison, or a sweep where Sweep says so
	Case        string
	Params      map[string]any // text or decoded JSON, by name
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
}

// Check turns a launch into an experiment, or says what is wrong with it. The fields of the
// faults are those of a Launch in lower case, with "_" between words; params are
// "param.NAME". It stores nothing.
func (q *Queue) Check(l Launch) (profiler.Experiment, profiler.Faults) {
	c := profiler.Find(q.Cases, l.Case)
	if c == nil {
		return profiler.Experiment{}, profiler.Faults{{Field: "case", Message: fmt.Sprintf("there is no case named %q; there is %s", l.Case, q.caseNames())}}
	}
	e := profiler.Experiment{
		Source: profiler.SourceCase,
		Case:   c.Name,
		State:  profiler.Queued,
		Note:   strings.TrimSpace(l.Note),
		Tags:   l.Tags,
	}
	var faults profiler.Faults
	add := func(field, message string) {
		if message != "" {
			faults = append(faults, profiler.Fault{Field: field, Message: message})
		}
	}
	var wrong profiler.Faults
	e.Kind, e.Sweep, wrong = kind(l)
	faults = append(faults, wrong...)
	e.Config, wrong = config(l, e.Kind)
	faults = append(faults, wrong...)
	e.Params, wrong = c.Resolve(l.Params)
	for _, fault := range wrong {
		add("param."+fault.Field, fault.Message)
	}
	add("note", CheckNote(e.Note))
	add("tags", CheckTags(e.Tags))
	if len(faults) == 0 {
		faults = e.CheckSweep(c)
	}
	if len(faults) == 0 {
		faults = c.CheckLimits(e)
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

// kind is what is asked for: a sweep where one is given.
func kind(l Launch) (string, *profiler.Sweep, profiler.Faults) {
	fault := func(field, message string) (string, *profiler.Sweep, profiler.Faults) {
		return "", nil, profiler.Faults{{Field: field, Message: message}}
	}
	text := strings.TrimSpace(l.Sweep)
	switch {
	case l.Kind == profiler.KindCalibration && text != "":
		return fault("sweep", "a calibration measures one thing alone: leave this empty")
	case l.Kind == profiler.KindComparison && text != "":
		return fault("sweep", "a comparison has none: leave this empty, or leave out the kind")
	case l.Kind == profiler.KindSweep && text == "":
		return fault("sweep", "must name what to go over, such as GOGC=25,50,100,200")
	case l.Kind != "" && !slices.Contains([]string{profiler.KindComparison, profiler.KindSweep, profiler.KindCalibration}, l.Kind):
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

// config fills in the defaults and checks what was asked for.
func config(l Launch, kind string) (profiler.Config, profiler.Faults) {
	memory := profiler.TotalMemory()
	c := profiler.DefaultConfig(memory)
	if kind == profiler.KindCalibration {
		c.Count = profiler.CalibrationRounds
	}
	c.Benchtime = cmp.Or(strings.TrimSpace(l.Benchtime), c.Benchtime)
	c.GOGC = cmp.Or(strings.TrimSpace(l.GOGC), c.GOGC)
	c.GOMEMLIMIT = cmp.Or(strings.TrimSpace(l.GOMEMLIMIT), c.GOMEMLIMIT)

	var unread profiler.Faults // what is no value of its field at all
	read := func(field, text string, parse func(string) error, message string) {
		if text = strings.TrimSpace(text); text == "" {
			return
		}
		if err := parse(text); err != nil {
			unread = append(unread, profiler.Fault{Field: field, Message: message})
		}
	}
	read("count", l.Count, func(s string) (err error) { c.Count, err = strconv.Atoi(s); return err }, "must be a whole number")
	read("gomaxprocs", l.GOMAXPROCS, func(s string) (err error) { c.GOMAXPROCS, err = strconv.Atoi(s); return err }, "must be a whole number")
	read("time_limit", l.TimeLimit, func(s string) (err error) { c.TimeLimit, err = time.ParseDuration(s); return err }, "must be a time such as 2m or 90s")
	read("memory_limit", l.MemoryLimit, func(s string) (err error) { c.MemoryLimit, err = profiler.ParseSize(s); return err }, "must be a size such as 512MiB or 4GiB")
	if kind == profiler.KindCalibration && c.Count < profiler.MinCalibrationRounds && unread.For("count") == "" {
		unread = append(unread, profiler.Fault{Field: "count", Message: fmt.Sprintf("a calibration takes at least %d rounds", profiler.MinCalibrationRounds)})
	}
	for _, fault := range c.Check(memory) {
		if unread.For(fault.Field) == "" {
			unread = append(unread, fault)
		}
	}
	return c, unread
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
