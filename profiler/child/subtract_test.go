package child_test

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/pprof/profile"

	"heaplab/profiler/heap"
	"heaplab/profiler/profilertest"
)

func readFile(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// totals returns the sums of a profile's samples, and the sums of those marked as the base.
func totals(t *testing.T, file []byte) (all, base []int64, p *profile.Profile) {
	t.Helper()
	p, err := profile.ParseData(file)
	if err != nil {
		t.Fatal(err)
	}
	all, base = make([]int64, len(p.SampleType)), make([]int64, len(p.SampleType))
	for _, sample := range p.Sample {
		for i, v := range sample.Value {
			if all[i] += v; sample.DiffBaseSample() {
				base[i] += v
			}
		}
	}
	return all, base, p
}

// thinned removes two of three samples of a profile.
func thinned(t *testing.T, file []byte) []byte {
	t.Helper()
	p, err := profile.ParseData(file)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	p.Sample = slices.DeleteFunc(p.Sample, func(*profile.Sample) bool { n++; return n%3 > 0 })
	var b bytes.Buffer
	if err := p.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// The total of each sample type is exactly after minus before.
func TestSubtract(t *testing.T) {
	whole := readFile(t, "../heap/testdata/encodingjson.pb.gz")
	part := thinned(t, whole)
	executor := profilertest.Executor(t)
	for _, test := range []struct {
		name          string
		before, after []byte
	}{
		{"less", whole, part},
		{"more", part, whole},
		{"the same", whole, whole},
	} {
		t.Run(test.name, func(t *testing.T) {
			file, err := executor.Subtract(context.Background(), test.before, test.after, "7 calls before, 9 after")
			if err != nil {
				t.Fatal(err)
			}
			before, _, _ := totals(t, test.before)
			after, _, _ := totals(t, test.after)
			got, base, p := totals(t, file)
			for i, typ := range p.SampleType {
				if got[i] != after[i]-before[i] || base[i] != -before[i] {
					t.Errorf("%s: %d with a base of %d, want %d with %d", typ.Type, got[i], base[i], after[i]-before[i], -before[i])
				}
			}
			if !slices.Contains(p.Comments, "7 calls before, 9 after") {
				t.Errorf("comments %q", p.Comments)
			}
		})
	}
	if left, err := os.ReadDir(executor.Dir); err != nil || len(left) > 0 {
		t.Errorf("files left: %v, %v", left, err)
	}
}

// Of unlike profiles, the sample types that both have are subtracted, in bytes.
func TestSubtractUnlike(t *testing.T) {
	const dir = "../heap/testdata/producers/"
	executor := profilertest.Executor(t)
	for _, test := range []struct {
		before, after string
		want          map[string]int64
	}{
		{"order-before", "order-after", map[string]int64{"inuse_objects": 12 - 4, "inuse_space": 12<<20 - 4<<20}},
		{"unit-bytes-before", "unit-kilobytes-before", map[string]int64{"inuse_objects": 0, "inuse_space": 0}},
		{"types-dd-dotnet-before", "types-dd-python-after", map[string]int64{"alloc_objects": 21 - 7, "alloc_space": 12<<20 - 4<<20, "inuse_space": 12<<20 - 4<<20}},
		{"types-jfr-tlab-before", "leak-after", map[string]int64{"alloc_objects": 690 - 7, "alloc_space": 690<<20 - 4<<20}},
	} {
		file, err := executor.Subtract(context.Background(), readFile(t, dir+test.before+".pb.gz"), readFile(t, dir+test.after+".pb.gz"), "")
		if err != nil {
			t.Errorf("%s from %s: %v", test.before, test.after, err)
			continue
		}
		sums, _, p := totals(t, file)
		got := map[string]int64{}
		for i, typ := range p.SampleType {
			got[typ.Type] = sums[i]
		}
		if !maps.Equal(got, test.want) {
			t.Errorf("%s from %s: %v, want %v", test.before, test.after, got, test.want)
		}
	}
	_, err := executor.Subtract(context.Background(), readFile(t, dir+"types-dd-php-before.pb.gz"), readFile(t, dir+"unit-bytes-before.pb.gz"), "")
	if fault, ok := errors.AsType[heap.Fault](err); !ok || !strings.Contains(string(fault), "no sample type in common") {
		t.Errorf("without a common type: %v", err)
	}
}

func TestSubtractRefuses(t *testing.T) {
	good := readFile(t, "../heap/testdata/encodingjson.pb.gz")
	var cpu bytes.Buffer
	other := &profile.Profile{
		SampleType: []*profile.ValueType{{Type: "cpu", Unit: "nanoseconds"}}, PeriodType: &profile.ValueType{Type: "cpu", Unit: "nanoseconds"},
	}
	if err := other.Write(&cpu); err != nil {
		t.Fatal(err)
	}
	executor := profilertest.Executor(t)
	for _, test := range []struct {
		name          string
		before, after []byte
		want          string
	}{
		{"half of a file", good[:len(good)/2], good, "ends early"},
		{"no profile", good, []byte("x"), "is text that begins with"},
		{"of another kind", good, cpu.Bytes(), "is a CPU profile, not a heap profile"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var fault heap.Fault
			if _, err := executor.Subtract(context.Background(), test.before, test.after, ""); !errors.As(err, &fault) || !strings.HasPrefix(string(fault), test.want) {
				t.Errorf("got %v, want %s…", err, test.want)
			}
		})
	}
}
