package report

import (
	"strings"
	"testing"

	"heaplab/profiler"
	"heaplab/profiler/heap"
)

func TestParseGate(t *testing.T) {
	for text, want := range map[string]Gate{
		"inuse_space>+5%":                  {Type: heap.InuseSpace, Change: true, Percent: true, Limit: 5},
		"inuse_space>5%":                   {Type: heap.InuseSpace, Change: true, Percent: true, Limit: 5},
		"alloc_space>64MiB":                {Type: heap.AllocSpace, Limit: 64 << 20},
		" alloc_space  >  +1.5 KiB ":       {Type: heap.AllocSpace, Change: true, Limit: 1536},
		"alloc_space<-10%":                 {Type: heap.AllocSpace, Less: true, Change: true, Percent: true, Limit: 10},
		"inuse_objects>1000":               {Type: heap.InuseObjects, Limit: 1000},
		"alloc_objects<10":                 {Type: heap.AllocObjects, Less: true, Limit: 10},
		"func:main.load inuse_space>+1MiB": {Function: "main.load", Type: heap.InuseSpace, Change: true, Limit: 1 << 20},
		"func:a > b::f<T> inuse_space>+0":  {Function: "a > b::f<T>", Type: heap.InuseSpace, Change: true},
	} {
		want.Text = text
		if got, err := ParseGate(text); err != nil || got != want {
			t.Errorf("%q = %+v, %v, want %+v", text, got, err, want)
		}
	}
}

// The error of a condition names the position of the fault, and an example.
func TestParseGateFaults(t *testing.T) {
	for text, want := range map[string]string{
		"":                     "at character 1: expected > or <",
		"inuse_space":          "at character 12: expected > or <",
		"inuse_spac>+5%":       "at character 1: expected inuse_space, alloc_space, inuse_objects and alloc_objects",
		"inuse_space>":         "at character 13: expected a limit",
		"inuse_space>+":        "at character 13: expected a limit",
		"inuse_space>+5pc":     `at character 15: "pc" is not part of a limit`,
		"inuse_space>+5MB":     `at character 15: "MB" is not part`,
		"inuse_space>-5%":      "at character 13: a limit after > is an increase",
		"inuse_space<+5%":      "at character 13: a limit after < is a decrease",
		"inuse_objects>5KiB":   "at character 16: objects have no unit",
		"func:inuse_space>5%":  "expected a sample type after the function",
		"func: inuse_space>5%": "expected a function after func:",
		"func:münze in_use>5%": "at character 12: expected inuse_space",
		"inuse_space>NaN":      "at character 13: expected a limit",
		"inuse_space>1e9":      "is not part of a limit",
		"inuse_space>" + strings.Repeat("9", 400): "is not part of a limit",
	} {
		_, err := ParseGate(text)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "such as inuse_space>+5%") {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

func TestJudgeGate(t *testing.T) {
	two := importReport("", nil, sideOf("baseline", 0, 20), sideOf("variant", 0, 22))
	grown := importReport("", nil, sideOf("baseline", 0, 20, 20.1, 20.2, 20.3, 20.4, 20.5), sideOf("variant", 0, 22, 22.1, 22.2, 22.3, 22.4, 22.5))
	noisy := importReport("", nil, sideOf("baseline", 0, 20, 30, 25, 15, 26, 19), sideOf("variant", 0, 22, 33, 27, 16, 29, 21))
	sampled := importReport("", nil, sideOf("baseline", 0, 20), sideOf("variant", 0, 22))
	for i := range sampled.Profiles {
		sampled.Profiles[i].Summary.Error = heap.Errors{InuseSpace: 2 << 20}
	}
	for _, test := range []struct {
		name string
		of   Report
		gate string
		want bool
	}{
		{"sampled", sampled, "inuse_space>+5%", false}, // within the sampling error of 2.8 MiB
		{"sampled", sampled, "inuse_space>21MiB", true},
		{"two", two, "inuse_space>+5%", true},
		{"two", two, "inuse_space>+10%", false}, // exactly
		{"two", two, "inuse_space>+1MiB", true},
		{"two", two, "inuse_space>+2MiB", false},
		{"two", two, "inuse_space>21MiB", true},
		{"two", two, "inuse_space>22MiB", false},
		{"two", two, "inuse_space<30MiB", true},
		{"two", two, "inuse_space<-1%", false},
		{"two", two, "inuse_objects>+19", true},
		{"grown", grown, "inuse_space>+5%", true},
		{"grown", grown, "inuse_space>+50%", false},
		{"grown", grown, "inuse_space>21MiB", true},
		{"grown", grown, "inuse_space>22.2MiB", false}, // within the interval
		{"noisy", noisy, "inuse_space>+5%", false},     // more, but not beyond the noise
		{"noisy", noisy, "inuse_space>20MiB", false},
		{"noisy", noisy, "inuse_space<100MiB", true},
	} {
		g, err := ParseGate(test.gate)
		if err != nil {
			t.Fatal(err)
		}
		o, err := g.Judge(test.of)
		if err != nil || o.Holds != test.want || !strings.Contains(o.Text, " to ") {
			t.Errorf("%s of %s: %+v, %v, want %v", test.gate, test.name, o, err, test.want)
		}
	}
}

// A condition about a function compares its own values, and needs to know them.
func TestJudgeGateOfFunction(t *testing.T) {
	before, after := sideOf("baseline", 0, 20), sideOf("variant", 0, 22)
	after.Summary.Functions = []heap.Function{{Name: "main.load", Flat: heap.Values{InuseSpace: 3 << 20}}}
	r := importReport("", nil, before, after)
	g, err := ParseGate("func:main.load inuse_space>+2MiB")
	if err != nil {
		t.Fatal(err)
	}
	if o, err := g.Judge(r); err != nil || !o.Holds || o.Text != "0 B to 3 MiB" {
		t.Errorf("%+v, %v", o, err)
	}
	other := Gate{Text: "func:main.typo inuse_space>1", Function: "main.typo", Type: heap.InuseSpace, Limit: 1}
	if _, err := other.Judge(r); err == nil || !strings.Contains(err.Error(), "neither profile has the function") {
		t.Errorf("a function that neither profile has: %v", err)
	}
	r.Profiles[0].Summary.Omitted = 7
	if _, err := g.Judge(r); err == nil || !strings.Contains(err.Error(), `"main.load" of baseline is not among them`) {
		t.Errorf("a function that the summary may leave out: %v", err)
	}
	r.Profiles[1].Fault = "It is damaged."
	if _, err := g.Judge(r); err == nil || !strings.Contains(err.Error(), "cannot be read") {
		t.Errorf("a damaged profile: %v", err)
	}
	only := importReport("", nil, sideOf("baseline", 0, 20), sideOf("variant", 0, 22))
	only.Profiles[1].Summary.Types = []heap.Type{heap.AllocSpace}
	inUse := Gate{Text: "inuse_space>1", Type: heap.InuseSpace, Limit: 1}
	if _, err := inUse.Judge(only); err == nil || !strings.Contains(err.Error(), "one of the sides has no inuse_space") {
		t.Errorf("a type that one side lacks: %v", err)
	}
}

// Values of a condition are divided as those of the report.
func TestJudgeGateDivides(t *testing.T) {
	requests := &profiler.Divisor{Unit: "requests", Counts: map[string]float64{"baseline": 1 << 10, "variant": 2 << 10}}
	r := importReport("", requests, sideOf("baseline", 0, 10), sideOf("variant", 0, 20))
	g, err := ParseGate("alloc_space>+1%")
	if err != nil {
		t.Fatal(err)
	}
	if o, err := g.Judge(r); err != nil || o.Holds || o.Text != "40 KiB/request to 40 KiB/request, 0%" {
		t.Errorf("%+v, %v", o, err)
	}
}
