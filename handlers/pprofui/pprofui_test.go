package pprofui

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/pprof/profile"
)

// stacks returns a heap profile of that many samples, each with depth frames of one function.
func stacks(samples, depth int, name string) *profile.Profile {
	f := &profile.Function{ID: 1, Name: name, Filename: "/etc/passwd"}
	m := &profile.Mapping{ID: 1, Start: 1, Limit: 1 << 40, File: "/bin/sh", BuildID: "../../*/*", HasFunctions: true}
	loc := &profile.Location{ID: 1, Mapping: m, Address: 1, Line: []profile.Line{{Function: f, Line: 1}}}
	p := &profile.Profile{
		SampleType: []*profile.ValueType{{Type: "alloc_objects", Unit: "count"}, {Type: "alloc_space", Unit: "bytes"}},
		PeriodType: &profile.ValueType{Type: "space", Unit: "bytes"}, Period: 1,
		Mapping: []*profile.Mapping{m}, Location: []*profile.Location{loc}, Function: []*profile.Function{f},
		DocURL: "https://evil.example/doc", DropFrames: "main.*", Comments: []string{"a comment"},
	}
	for range samples {
		s := &profile.Sample{Value: []int64{1, 64}, NumLabel: map[string][]int64{"bytes": {64}}}
		for range depth {
			s.Location = append(s.Location, loc)
		}
		p.Sample = append(p.Sample, s)
	}
	return p
}

func pack(t *testing.T, p *profile.Profile) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := p.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func request(view, query string, gzip []byte) Request {
	q, _ := url.ParseQuery(query)
	return Request{SHA256: "a", Gzip: gzip, View: view, Query: q, Name: "<all>", Back: "/experiments/1", BackText: "Experiment <1>"}
}

// Pages work with and without a home folder. pprof writes and prints nothing, whatever files a
// profile names.
func TestPagesWriteNothing(t *testing.T) {
	for _, env := range []string{"with a home", "without a home"} {
		t.Run(env, func(t *testing.T) {
			dir := t.TempDir()
			t.Setenv("TMPDIR", dir)
			t.Setenv("PPROF_TMPDIR", dir)
			t.Setenv("XDG_CONFIG_HOME", "")
			t.Setenv("HOME", "")
			if env == "with a home" {
				t.Setenv("HOME", dir)
			}
			printed := captured(t, func() {
				var v Viewer
				file := pack(t, stacks(3, 2, "main.<allocate>"))
				for _, view := range Views {
					page, err := v.Render(t.Context(), request(view, "si=alloc_objects&f=main&tagroot=bytes&source_path=/etc", file))
					if err != nil {
						t.Fatalf("%s: %v", view, err)
					}
					text := string(page)
					if !strings.Contains(text, `<h1><a href="/experiments/1">← Experiment &lt;1&gt;</a><a href="./">&lt;all&gt; in pprof</a></h1>`) || !strings.Contains(text, style) {
						t.Errorf("%s has no link back, or links to pages that are not available", view)
					}
					if !strings.Contains(text, "main.") || strings.Contains(text, "main.<") || strings.Contains(text, "root:x:") || strings.Contains(text, "evil.example") {
						t.Errorf("%s shows %.3000q", view, text)
					}
				}
			})
			if printed != "" {
				t.Errorf("pprof printed %q", printed)
			}
			err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
				if path != dir {
					t.Errorf("pprof wrote %s", path)
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		})
	}
}

// captured returns the text that do writes to standard output and standard error.
func captured(t *testing.T, do func()) string {
	t.Helper()
	file, err := os.Create(filepath.Join(t.TempDir(), "printed"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	out, failures := os.Stdout, os.Stderr
	os.Stdout, os.Stderr = file, file
	defer func() { os.Stdout, os.Stderr = out, failures }()
	do()
	text, err := os.ReadFile(file.Name())
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestRefusals(t *testing.T) {
	manyTypes := stacks(0, 0, "f")
	for range 9 {
		manyTypes.SampleType = append(manyTypes.SampleType, manyTypes.SampleType[0])
	}
	wide := stacks(1, 0, "")
	for i := range 3 { // pprof abbreviates each name in 2,000 ways, inlined and not
		f := &profile.Function{ID: uint64(i + 2), Name: strings.Repeat("f.", 2000) + strconv.Itoa(i)}
		loc := &profile.Location{ID: uint64(i + 2), Line: []profile.Line{{Function: f}, {Function: f}}}
		wide.Function, wide.Location = append(wide.Function, f), append(wide.Location, loc)
		wide.Sample[0].Location = append(wide.Sample[0].Location, loc)
	}
	for _, test := range []struct {
		name string
		file []byte
		want string
	}{
		{"too many samples", pack(t, stacks(limits.Samples+1, 1, "f")), "has 5001 samples, over the limit of 5000"},
		{"too many bytes", make([]byte, maxGzip+1), "is larger than 200 KiB"},
		{"deep", pack(t, stacks(5000, 700, "f")), "has stacks too deep"},
		{"long names", pack(t, stacks(5000, 10, strings.Repeat("f", 4000))), "names too long"},
		{"a large page", pack(t, wide), "a page of more than 20 MiB"},
		{"a longer name", pack(t, stacks(1, 2, strings.Repeat("f", 5000))), "has a name of 5000 bytes"},
		{"many sample types", pack(t, manyTypes), "has 11 sample types"},
		{"empty", nil, "is empty"},
		{"garbage", []byte("\x1f\x8bgarbage"), "gzip"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var refused Refusal
			_, err := new(Viewer).Render(t.Context(), request("flamegraph", "", test.file))
			if !errors.As(err, &refused) || !strings.Contains(string(refused), test.want) {
				t.Errorf("err = %v, want a Refusal with %q", err, test.want)
			}
		})
	}
	if got := TooLarge(maxGzip, limits.Samples); got != "" {
		t.Errorf("a profile at the limit %s", got)
	}
	if got := TooLarge(10, limits.Samples+1); got == "" {
		t.Error("a profile with too many samples is not refused")
	}
}

func TestMistakes(t *testing.T) {
	file := pack(t, stacks(3, 2, "main.f"))
	for _, test := range []struct{ name, query, want string }{
		{"not an expression", "f=(", "regular expression"},
		{"a long expression", "i=" + strings.Repeat("a", maxExpression+1), "too long"},
		{"a costly expression", "h=((a{100}){10})(b{900}){1}(c{900}){1}", "too long"},
		{"nothing found", "f=nowhere", "Nothing in this profile"},
		{"unknown sample type", "si=cpu", "pprof reports"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var mistake Mistake
			_, err := new(Viewer).Render(t.Context(), request("peek", test.query, file))
			if !errors.As(err, &mistake) || !strings.Contains(string(mistake), test.want) {
				t.Errorf("err = %v, want a Mistake with %q", err, test.want)
			}
		})
	}
}

func TestRecentProfilesStayOpen(t *testing.T) {
	var v Viewer
	file := pack(t, stacks(3, 2, "main.f"))
	for _, name := range []string{"a", "b", "c", "a", "d", "e", "b"} {
		r := request("top", "", file)
		r.SHA256 = name
		if _, err := v.Render(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	var names string
	for _, o := range v.open {
		names += o.sha256
	}
	if names != "beda" {
		t.Errorf("open are %q, want beda", names)
	}
}

// Render stops waiting for its turn when the context ends.
func TestRenderWaitsItsTurn(t *testing.T) {
	turn <- struct{}{}
	defer func() { <-turn }()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := new(Viewer).Render(ctx, request("top", "", pack(t, stacks(1, 1, "f")))); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("err = %v", err)
	}
}
