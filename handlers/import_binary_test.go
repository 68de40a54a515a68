package handlers_test

import (
	"debug/elf"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/google/pprof/profile"
)

// nativeProfile returns the program of the tests of symbols and a profile with addresses of its functions
// _start and plain. buildID is the build ID that the profile states; "" is none.
func nativeProfile(t *testing.T, buildID string) (program, file []byte) {
	t.Helper()
	program, err := os.ReadFile("../profiler/heap/testdata/native.elf")
	if err != nil {
		t.Fatal(err)
	}
	f, err := elf.NewFile(strings.NewReader(string(program)))
	if err != nil {
		t.Fatal(err)
	}
	symbols, err := f.Symbols()
	if err != nil {
		t.Fatal(err)
	}
	p := &profile.Profile{SampleType: []*profile.ValueType{{Type: "inuse_space", Unit: "bytes"}}, Mapping: []*profile.Mapping{{ID: 1, File: "/srv/native", BuildID: buildID}}}
	sample := &profile.Sample{Value: []int64{1000}}
	for _, s := range symbols {
		if s.Name == "plain" || s.Name == "_start" {
			loc := &profile.Location{ID: uint64(len(p.Location) + 1), Mapping: p.Mapping[0], Address: s.Value}
			p.Location = append(p.Location, loc)
			sample.Location = append(sample.Location, loc)
		}
	}
	p.Sample = []*profile.Sample{sample}
	return program, zipped(t, p)
}

// A program beside a profile of addresses names them: in the report, on the pages and in the stored profile.
func TestImportBinary(t *testing.T) {
	s := newSite(t)
	s.app.MaxBinary = 1 << 20
	program, file := nativeProfile(t, "")
	without := s.upload("/api/v1/imports", sides(file, file)...)
	without.want(t, http.StatusCreated, "")
	s.get("/experiments/1").want(t, http.StatusOK, "addresses instead of names")

	with := s.upload("/api/v1/imports", append(sides(file, file), part{"baseline_binary", "native", program}, part{"variant_binary", "native", program})...)
	with.want(t, http.StatusCreated, "")
	page := s.get("/experiments/2")
	page.want(t, http.StatusOK, "plain")
	page.want(t, http.StatusOK, "there was no build ID to compare")
	if strings.Contains(page.body, "addresses instead of names") {
		t.Error("the report says that there are no names")
	}
	s.get("/experiments/2/profile.svg?view=graph").want(t, http.StatusOK, "plain")
	stored, err := profile.ParseData([]byte(s.get("/api/v1/experiments/2/profiles/baseline.pb.gz?kind=import").body))
	if err != nil || len(stored.Function) < 2 || !strings.Contains(strings.Join(stored.Comments, ""), "build") {
		t.Errorf("stored profile %v, %v", stored, err)
	}
	s.wantNoFiles()
}

// Faults of a program belong to its field.
func TestImportRefusesBinaries(t *testing.T) {
	s := newSite(t)
	s.app.MaxBinary = 64 << 10
	program, file := nativeProfile(t, "0123456789abcdef")
	both := sides(file, file)
	for _, test := range []struct {
		name  string
		parts []part
		want  string
	}{
		{"another build", []part{{"baseline_binary", "native", program}}, `is of the build 0123456789abcdef`},
		{"script", []part{{"variant_binary", "run.sh", []byte("#!/bin/sh\n")}}, `not a program in ELF format`},
		{"lying", []part{{"variant_binary", "lies", append([]byte("\x7fELF\x02\x01\x01"), make([]byte, 64)...)}}, `"location":"body.variant_binary"`},
		{"too large", []part{{"baseline_binary", "big", make([]byte, 64<<10+1)}}, `larger than 64 KiB, the limit of programs`},
		{"twice", []part{{"baseline_binary", "a", program}, {"baseline_binary", "b", program}}, `in the upload twice","location":"body.baseline_binary"`},
		{"hostile name", []part{{"baseline_binary", "<b>\u202e", []byte("x\n\n\n")}}, "not a program in ELF format"},
	} {
		t.Run(test.name, func(t *testing.T) {
			parts := append(sides(file, file), test.parts...)
			s.upload("/api/v1/imports", parts...).want(t, http.StatusUnprocessableEntity, test.want)
			r := s.upload("/imports", parts...)
			r.want(t, http.StatusUnprocessableEntity, "<details")
			if strings.Contains(r.body, "\u202e") {
				t.Error("invisible characters are not escaped")
			}
			s.wantNothing()
		})
	}
	s.upload("/imports", append(both, part{"baseline_binary", "", nil}, part{"variant_binary", "", nil})...).want(t, http.StatusSeeOther, "")
}
