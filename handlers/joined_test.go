package handlers_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/pprof/profile"

	"heaplab/profiler/report"
)

// allocating returns a profile in which main.main calls functions that allocate that many MiB each.
func allocating(t *testing.T, mib map[string]int64) []byte {
	t.Helper()
	p := &profile.Profile{SampleType: []*profile.ValueType{{Type: "alloc_objects", Unit: "count"}, {Type: "alloc_space", Unit: "bytes"}}}
	add := func(name string) *profile.Location {
		f := &profile.Function{ID: uint64(len(p.Function) + 1), Name: name, SystemName: name}
		l := &profile.Location{ID: f.ID, Line: []profile.Line{{Function: f, Line: 1}}}
		p.Function, p.Location = append(p.Function, f), append(p.Location, l)
		return l
	}
	main := add("main.main")
	for name, n := range mib {
		p.Sample = append(p.Sample, &profile.Sample{Value: []int64{10, n << 20}, Location: []*profile.Location{add(name), main}})
	}
	return zipped(t, p)
}

// Functions that are joined although their names differ are found by both names, and pages and JSON say why they
// are the same.
func TestJoinedFunctions(t *testing.T) {
	s := newSite(t)
	before := allocating(t, map[string]int64{
		"main.grow[go.shape.float64]": 8, "main.serve.func1": 4, "main.serve.func2": 2, "_ZN3app5parse17h0123456789abcdefE": 5,
	})
	after := allocating(t, map[string]int64{
		"main.grow[go.shape.float32]": 4, "main.serve.func1": 1, "main.serve.func2": 4, "main.serve.func3": 2, "_ZN3app5parse17hfedcba9876543210E": 5,
	})
	s.upload("/api/v1/imports", sides(before, after)...).want(t, http.StatusCreated, "")

	top := document(t, s.get("/experiments/1/profile?view=top").body)
	marks := map[string]string{}
	for _, row := range top.Find("table.ranking tbody tr").EachIter() {
		name, _ := row.Find("th a").Attr("title")
		why, _ := row.Find(".joined").Attr("title")
		was, _, _ := strings.Cut(why, ":")
		marks[name] = row.Find(".joined").Text() + "; " + was
	}
	want := map[string]string{
		"main.main":                   "; ",
		"app::parse":                  "; ",
		"main.grow[go.shape.float32]": "joined; was main.grow[go.shape.float64]",
		"main.serve.func1":            "; ",
		"main.serve.func2":            "joined; was main.serve.func1",
		"main.serve.func3":            "joined; was main.serve.func2",
	}
	if diff := cmp.Diff(want, marks); diff != "" {
		t.Errorf("table (-want +got):\n%s", diff)
	}
	const note = "3 functions are joined although their names differ"
	for _, path := range []string{"/experiments/1", "/experiments/1/profile", "/experiments/1/profile?view=top"} {
		s.get(path).want(t, http.StatusOK, note)
	}
	s.get("/experiments/1/profile").want(t, http.StatusOK, "(was main.grow[go.shape.float64]: ")
	s.get("/experiments/1/profile?focus=main.grow[go.shape.float64]").want(t, http.StatusOK, "Was 8 MiB, now 4 MiB")
	s.get("/experiments/1/profile?focus=main.serve.func1").want(t, http.StatusOK, "New: now 1 MiB")
	if rows := document(t, s.get("/experiments/1/profile?view=top&q=float64").body).Find("table.ranking tbody tr").Length(); rows != 1 {
		t.Errorf("%d functions match a name before", rows)
	}
	s.get("/experiments/1/profile?ignore=float64").want(t, http.StatusOK, "leave out 8 MiB and 4 MiB")

	joined := []report.JoinedFunction{
		{Name: "main.grow[go.shape.float32]", Was: "main.grow[go.shape.float64]", JoinedBy: "type arguments"},
		{Name: "main.serve.func2", Was: "main.serve.func1", JoinedBy: "closure order"},
		{Name: "main.serve.func3", Was: "main.serve.func2", JoinedBy: "closure order"},
	}
	for _, path := range []string{"/api/v1/experiments/1", "/experiments/1/report.json"} {
		var rep report.Report
		if err := json.Unmarshal([]byte(s.get(path).body), &rep); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(joined, rep.Profiles[1].Joined); diff != "" || rep.Profiles[0].Joined != nil {
			t.Errorf("%s (-want +got):\n%s", path, diff)
		}
	}
	if strings.Contains(s.get("/experiments/1/profile").body, "17h") {
		t.Error("the page shows a mangled name")
	}
}
