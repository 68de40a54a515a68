package handlers_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/pprof/profile"

	"heaplab/profiler"
	"heaplab/profiler/report"
)

// scaled returns the profile of jsonProfile with each value multiplied, and a duration in seconds.
func scaled(t *testing.T, factor float64, seconds int64) []byte {
	t.Helper()
	p, err := profile.ParseData(jsonProfile(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range p.Sample {
		for i := range s.Value {
			s.Value[i] = int64(float64(s.Value[i]) * factor)
		}
	}
	p.DurationNanos = seconds * 1e9
	return zipped(t, p)
}

// severalSides returns the files of an import with six rounds. The variant has about half of the values.
func severalSides(t *testing.T) []part {
	t.Helper()
	var parts []part
	for i := range 6 {
		noise := 1 + float64(i)/200
		parts = append(parts,
			part{"baseline", fmt.Sprintf("before-%d.pb.gz", i+1), scaled(t, noise, 0)},
			part{"variant", fmt.Sprintf("after-%d.pb.gz", i+1), scaled(t, noise/2, 0)})
	}
	return parts
}

func (s *site) reportOf(id int) report.Report {
	s.Helper()
	var rep report.Report
	if err := json.Unmarshal([]byte(s.get(fmt.Sprintf("/api/v1/experiments/%d", id)).body), &rep); err != nil {
		s.Fatal(err)
	}
	return rep
}

// Several profiles per side are rounds that decide, and pages show their mean.
func TestImportSeveral(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	parts := severalSides(t)
	s.upload("/api/v1/imports", parts...).want(t, http.StatusCreated, `"state":"done"`)
	rep := s.reportOf(1)
	c := rep.Comparison("variant", profiler.AllocatedBytes)
	if c == nil || c.Verdict != report.Better || c.Baseline.N != 6 || !c.ChangeLo.Finite() || rep.Conclusion.Verdict != report.Better {
		t.Errorf("comparison %+v, conclusion %+v", c, rep.Conclusion)
	}
	if rep.Title != "before-1.pb.gz and 5 more → after-1.pb.gz and 5 more" {
		t.Errorf("title %q", rep.Title)
	}
	p := rep.Profiles[0]
	if p.Merged != 6 || len(p.Files) != 6 || p.Files[1].File != "before-2.pb.gz" || p.File != "" {
		t.Fatalf("profile %+v", p)
	}
	var sum int64
	for i, f := range p.Files {
		sum += f.Totals.AllocSpace
		if got := s.get(strings.TrimPrefix(f.URL, s.url)); got.body != string(parts[2*i].content) {
			t.Errorf("file %d: %s, %d bytes", i+1, got.Status, len(got.body))
		}
	}
	if p.Summary.Totals.AllocSpace != sum {
		t.Errorf("the sum is %d, want %d", p.Summary.Totals.AllocSpace, sum)
	}
	merged, err := profile.ParseData([]byte(s.get(strings.TrimPrefix(p.URL, s.url)).body))
	if err != nil || merged.CheckValid() != nil {
		t.Errorf("the sum as a file: %v", err)
	}
	s.get("/api/v1/experiments/1/profiles/baseline.pb.gz?kind=import&file=7").want(t, http.StatusNotFound, "")

	page := s.get("/experiments/1")
	for _, text := range []string{"Improved", "Each profile is one round: 6 before and 6 after.", "mean of the profiles", "59.7 MiB", "before-6.pb.gz", "the sum of 6 profiles", "−50"} {
		page.want(t, http.StatusOK, text)
	}
	for _, text := range []string{"Not tested", "whole process, not", "NaN", "Whole process,"} {
		if strings.Contains(page.body, text) {
			t.Errorf("the page says %q", text)
		}
	}
	s.get("/experiments/1/profile").want(t, http.StatusOK, "Per profile")
	s.get("/experiments/1/profile?per=total").want(t, http.StatusOK, "These are sums of 6 profiles and 6 profiles.")
	s.get("/experiments/1/profile?per=share&view=top").want(t, http.StatusOK, "share of all")
	s.get("/experiments/1/report.md").want(t, http.StatusOK, "| Allocated bytes |")
	s.get("/experiments/1/report.txt").want(t, http.StatusOK, "BenchmarkImport/variant=baseline")
	s.get("/experiments/1/report.csv").want(t, http.StatusOK, ",allocated-bytes,6,")
	s.get("/").want(t, http.StatusOK, "Improved")
	s.get("/api/v1/experiments").want(t, http.StatusOK, `"verdict":"better"`)
	s.get("/api/v1/experiments/1/profiles/diff.pb.gz").want(t, http.StatusOK, "")
	share := s.postJSON("/api/v1/experiments/1/shares", `{"include_profiles":true}`)
	share.want(t, http.StatusCreated, "token")
	var link struct{ URL string }
	if err := json.Unmarshal([]byte(share.body), &link); err != nil {
		t.Fatal(err)
	}
	s.get(strings.TrimPrefix(link.URL, s.url)+"/").want(t, http.StatusOK, "Each profile is one round")
	s.do("DELETE", "/api/v1/experiments/1", "").want(t, http.StatusNoContent, "")
	s.wantNothing()
}

// One bad file among several is named, and so are files with other sample types.
func TestImportSeveralNamesTheBadFile(t *testing.T) {
	s := newSite(t)
	good := jsonProfile(t)
	inUse, err := profile.ParseData(good)
	if err != nil {
		t.Fatal(err)
	}
	inUse.SampleType = inUse.SampleType[2:]
	for _, sample := range inUse.Sample {
		sample.Value = sample.Value[2:]
	}
	for _, test := range []struct {
		name string
		bad  []byte
		want string
	}{
		{"nonsense", []byte("nonsense"), `"bad.pb.gz" is text that begins with`},
		{"empty", nil, `"bad.pb.gz" is empty`},
		{"other types", zipped(t, inUse), `"bad.pb.gz" cannot be added to the first file: it has inuse_space and inuse_objects`},
	} {
		t.Run(test.name, func(t *testing.T) {
			parts := append(sides(good, good), part{"variant", "bad.pb.gz", test.bad}, part{"title", "", []byte("kept")}, part{"baseline_count", "", []byte("12")}, part{"variant_count", "", []byte("13")})
			r := s.upload("/api/v1/imports", parts...)
			var problem struct {
				Errors []struct{ Message, Location string }
			}
			if err := json.Unmarshal([]byte(r.body), &problem); err != nil || len(problem.Errors) != 1 || !strings.HasPrefix(problem.Errors[0].Message, test.want) || problem.Errors[0].Location != "body.variant" {
				t.Errorf("%s: %s", r.Status, r.body)
			}
			page := s.upload("/imports", parts...)
			page.want(t, http.StatusUnprocessableEntity, `value="kept"`)
			page.want(t, http.StatusUnprocessableEntity, `value="12"`)
			page.want(t, http.StatusUnprocessableEntity, `id="f-variant-fault"`)
			s.wantNothing()
		})
	}
}

// The same file twice on a side is no spread.
func TestImportOfCopies(t *testing.T) {
	s := newSite(t)
	good, half := jsonProfile(t), halfOf(t)
	parts := []part{{"baseline", "a", good}, {"baseline", "b", good}, {"baseline", "c", good}, {"variant", "d", half}}
	s.upload("/api/v1/imports", parts...).want(t, http.StatusCreated, "")
	rep := s.reportOf(1)
	if len(rep.Comparisons) > 0 || !strings.Contains(strings.Join(rep.Warnings, " "), "Identical profiles have no spread") || rep.Profiles[0].Summary.Totals.AllocSpace != 61872976 {
		t.Errorf("%d comparisons, warnings %q, totals %+v", len(rep.Comparisons), rep.Warnings, rep.Profiles[0].Summary.Totals)
	}
	s.get("/experiments/1").want(t, http.StatusOK, "Identical profiles have no spread")
}

// Values are divided by counts on all pages, and pages say so.
func TestImportCounts(t *testing.T) {
	s := newSite(t)
	text := func(field, content string) part { return part{field, "", []byte(content)} }
	parts := append(sides(jsonProfile(t), halfOf(t)), text("baseline_count", "1000"), text("variant_count", " 500 "), text("count_unit", "queries"))
	s.upload("/imports", parts...).want(t, http.StatusSeeOther, "")
	rep := s.reportOf(1)
	if d := rep.Divisor; d == nil || d.Unit != "queries" || d.Counts["variant"] != 500 {
		t.Fatalf("divisor %+v", d)
	}
	page := s.get("/experiments/1")
	for _, want := range []string{"60.4 KiB/query", "per query", "each profile of baseline covers 1,000 queries and each of variant 500 queries", "?divide=profile"} {
		page.want(t, http.StatusOK, want)
	}
	s.get("/experiments/1?divide=profile").want(t, http.StatusOK, "59.0 MiB")
	s.get("/experiments/1/profile").want(t, http.StatusOK, "/query")
	s.get("/experiments/1/profile?per=total").want(t, http.StatusOK, "59.0 MiB")
	s.get("/experiments/1/profile?per=second").want(t, http.StatusOK, "59.0 MiB") // no durations: totals
	s.get("/experiments/1/report.md").want(t, http.StatusOK, "60.4 KiB/query")
	s.get("/").want(t, http.StatusOK, "per query")
}

// Profiles of different durations are read per second, unless a reader wants otherwise.
func TestImportDurations(t *testing.T) {
	s := newSite(t)
	s.upload("/imports", sides(scaled(t, 1, 10), scaled(t, 6, 60))...).want(t, http.StatusSeeOther, "")
	page := s.get("/experiments/1")
	for _, want := range []string{"5.90 MiB/s", "covers 10 s and that of variant covers 1 min", "Memory in use is not divided by time", "?divide=profile", "?divide=second"} {
		page.want(t, http.StatusOK, want)
	}
	s.get("/experiments/1?divide=profile").want(t, http.StatusOK, "+500.0%")
	s.get("/experiments/1/profile").want(t, http.StatusOK, "/s")
	s.get("/experiments/1/profile?per=total").want(t, http.StatusOK, "354.0 MiB")
}

// A share without files has neither the addresses of single files nor links to them.
func TestShareHidesFiles(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.upload("/api/v1/imports", severalSides(t)...).want(t, http.StatusCreated, "")
	r := s.postJSON("/api/v1/experiments/1/shares", `{}`)
	r.want(t, http.StatusCreated, "url")
	path := r.body[strings.Index(r.body, "/s/"):]
	path = path[:strings.IndexByte(path, '"')]
	for _, page := range []string{path, path + "/report.json"} {
		got := s.get(page)
		got.want(t, http.StatusOK, "before-1.pb.gz")
		if strings.Contains(got.body, "file=1") || strings.Contains(got.body, "/api/v1/experiments/1/profiles") {
			t.Errorf("%s has the address of a file", page)
		}
	}
}

// The names of sample types and labels come from outside, and may have any length.
func TestImportWithLongTexts(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	p, err := profile.ParseData(jsonProfile(t))
	if err != nil {
		t.Fatal(err)
	}
	p.SampleType = p.SampleType[3:]
	p.SampleType[0].Type = "retained\u202e" + strings.Repeat("A", 1<<20)
	for _, sample := range p.Sample {
		sample.Value = sample.Value[3:]
		sample.Label = map[string][]string{strings.Repeat("k", 1<<20): {"v"}, "tenant": {"a"}}
	}
	file := zipped(t, p)
	s.upload("/api/v1/imports", sides(file, file)...).want(t, http.StatusCreated, "")
	for _, path := range []string{"/", "/experiments/1", "/experiments/1/profile", "/api/v1/experiments/1"} {
		got := s.get(path)
		got.want(t, http.StatusOK, "retained")
		if len(got.body) > 1<<20 || strings.Contains(got.body, "\u202e") && path != "/api/v1/experiments/1" {
			t.Errorf("%s has %d bytes", path, len(got.body))
		}
	}
	s.get("/experiments/1/profile").want(t, http.StatusOK, "label=tenant")
}
