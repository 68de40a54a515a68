package queue_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/pprof/profile"

	"heaplab/profiler"
	"heaplab/profiler/heap"
	"heaplab/profiler/report"
	"heaplab/profiler/subject"
	"heaplab/store/queue"
)

// A moduleToy is a subject whose variants are versions of a Go module with one function, which allocates 10 B and 20 B
// per operation. Explain does what explain returns.
type moduleToy struct {
	explain func() error
	asked   [][]profiler.ChangedFunction
}

func (m *moduleToy) Kind() string { return profiler.SubjectGoBench }

func (m *moduleToy) Design(subject.Launch) (profiler.Design, profiler.Faults) {
	return profiler.Design{
		Subject: profiler.SubjectGoBench, Title: "A module", Primary: []string{profiler.BytesPerOp},
		Variants: []profiler.VariantInfo{{Name: "before", Extra: []profiler.RunKind{profiler.Allocs}}, {Name: "after", Extra: []profiler.RunKind{profiler.Allocs}}},
		Labels:   map[string]string{profiler.LabelModule: "example.com/m"},
	}, nil
}

func (m *moduleToy) Prepare(context.Context, profiler.Experiment) (subject.Artefacts, error) {
	return subject.Artefacts{}, nil
}

func (m *moduleToy) Run(_ context.Context, job subject.Job) (profiler.Run, error) {
	run := profiler.Run{Task: job.Task, Started: time.Now(), Duration: time.Second, Calls: 1}
	bytes := int64(10)
	if job.Task.Variant == "after" {
		bytes = 20
	}
	if job.Task.Kind == profiler.Measure {
		run.Measurements = []profiler.Measurement{{Unit: profiler.BytesPerOp, Value: float64(bytes)}}
		return run, nil
	}
	p, err := allocsProfile(bytes)
	run.Profile = p
	return run, err
}

// allocsProfile returns a profile in which a function of the module allocates bytes.
func allocsProfile(size int64) (*profiler.Profile, error) {
	f := &profile.Function{ID: 1, Name: "example.com/m.F", Filename: "f.go"}
	l := &profile.Location{ID: 1, Line: []profile.Line{{Function: f, Line: 3}}}
	p := &profile.Profile{
		SampleType: []*profile.ValueType{{Type: "alloc_objects", Unit: "count"}, {Type: "alloc_space", Unit: "bytes"}},
		PeriodType: &profile.ValueType{Type: "space", Unit: "bytes"}, Period: 1,
		Sample:   []*profile.Sample{{Location: []*profile.Location{l}, Value: []int64{1, size}}},
		Function: []*profile.Function{f}, Location: []*profile.Location{l},
	}
	var file bytes.Buffer
	if err := p.Write(&file); err != nil {
		return nil, err
	}
	d, err := heap.NewDigest(p)
	if err != nil {
		return nil, err
	}
	encoded, err := d.Encode()
	sum := sha256.Sum256(file.Bytes())
	return &profiler.Profile{SHA256: hex.EncodeToString(sum[:]), Gzip: file.Bytes(), Summary: profiler.NewSummary(d), Digest: encoded}, err
}

func (m *moduleToy) Explain(_ context.Context, _ profiler.Experiment, changed []profiler.ChangedFunction) (all []profiler.Explanation, err error) {
	m.asked = append(m.asked, changed)
	for _, s := range changed {
		all = append(all, profiler.Explanation{Variant: s.Variant, Function: s.After.Function, Escapes: []profiler.Escape{{Code: "x"}}})
	}
	return all, m.explain()
}

// The causes of an experiment are explained after its last run. If that fails, the experiment is done, and its
// report says why there is no source code.
func TestExplain(t *testing.T) {
	for _, test := range []struct {
		name, note string
		err        error
	}{
		{"explained", "", nil},
		{"not explained", "is not known: the repository is gone.", errors.New("the repository is gone")},
	} {
		t.Run(test.name, func(t *testing.T) {
			q := newQueue(t)
			toy := &moduleToy{explain: func() error { return test.err }}
			q.Subjects = append(q.Subjects, toy)
			run(t, q)
			e := await(t, q, launch(t, q, queue.Launch{Subject: profiler.SubjectGoBench, Count: "2"}), ended)
			if e.State != profiler.Done {
				t.Fatalf("state %s: %s", e.State, e.Reason)
			}
			want := profiler.ChangedFunction{
				Variant: "after",
				Before:  profiler.Frame{Function: "example.com/m.F", File: "f.go", LineFile: "f.go", Line: 3},
				After:   profiler.Frame{Function: "example.com/m.F", File: "f.go", LineFile: "f.go", Line: 3},
			}
			if len(toy.asked) != 1 || len(toy.asked[0]) != 1 || toy.asked[0][0] != want {
				t.Errorf("asked for %+v, want once for %+v", toy.asked, want)
			}
			explanations, err := q.Store.Explanations(t.Context(), e.ID)
			if err != nil || len(explanations) != 1 {
				t.Fatalf("explanations %+v, %v", explanations, err)
			}
			runs, err := q.Store.Runs(t.Context(), e.ID)
			if err != nil {
				t.Fatal(err)
			}
			causes, err := q.Causes(t.Context(), report.NewReport(e, runs, nil))
			if err != nil || len(causes) != 1 || len(causes[0].Functions) != 1 {
				t.Fatalf("causes %+v, %v", causes, err)
			}
			report.AddCode(causes, explanations)
			c := causes[0].Functions[0]
			if c.After-c.Before != 10 || c.Code == nil || (len(c.Code.Notes) > 0) != (test.err != nil) || (len(c.Code.Escapes) > 0) != (test.err == nil) {
				t.Errorf("cause %+v, code %+v", c, c.Code)
			}
			if test.err != nil && !strings.HasSuffix(c.Code.Notes[0], test.note) {
				t.Errorf("note %q", c.Code.Notes[0])
			}
		})
	}
}

// An experiment that is canceled while its causes are explained is canceled.
func TestCancelExplain(t *testing.T) {
	q := newQueue(t)
	var id int64
	toy := &moduleToy{explain: func() error { return q.Cancel(t.Context(), id) }}
	q.Subjects = append(q.Subjects, toy)
	id = launch(t, q, queue.Launch{Subject: profiler.SubjectGoBench, Count: "2"})
	run(t, q)
	e := await(t, q, id, ended)
	if explanations, err := q.Store.Explanations(t.Context(), id); e.State != profiler.Canceled || len(explanations) > 0 || err != nil {
		t.Errorf("state %s: %s; %d explanations, %v", e.State, e.Reason, len(explanations), err)
	}
}
