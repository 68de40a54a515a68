package heap

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/pprof/profile"
)

// profileOf returns a profile of one sample with values of types such as "alloc_space/bytes".
func profileOf(types string, values ...int64) *profile.Profile {
	p := newProfile(stack{[]string{"f"}, 10})
	p.SampleType = nil
	for t := range strings.SplitSeq(types, ", ") {
		name, unit, _ := strings.Cut(t, "/")
		p.SampleType = append(p.SampleType, &profile.ValueType{Type: name, Unit: unit})
	}
	p.Sample[0].Value = values
	return p
}

// Types of many producers become those of Go.
func TestTypesOfProducers(t *testing.T) {
	for _, test := range []struct {
		name  string
		types string
		want  Values // of the values 3, 5, 7, 11
	}{
		{"Go", "alloc_objects/count, alloc_space/bytes, inuse_objects/count, inuse_space/bytes", Values{3, 5, 7, 11}},
		{"another order", "inuse_space/bytes, alloc_space/bytes", Values{0, 5, 0, 3}},
		{"jemalloc", "inuse_space/bytes", Values{0, 0, 0, 3}},
		{"tcmalloc", "objects/count, space/bytes, resident_space/bytes", Values{0, 0, 3, 5}},
		{"Python", "alloc-samples/count, alloc-space/bytes, heap-space/bytes, cpu-time/nanoseconds", Values{3, 5, 0, 7}},
		{"PHP", "alloc-samples/count, alloc-size/bytes", Values{3, 5, 0, 0}},
		{"Ruby", "alloc-samples/count, heap-live-samples/count, heap-live-size/bytes", Values{3, 0, 5, 7}},
		{".NET", "alloc-samples/count, alloc-size/bytes, inuse-objects/count, inuse-space/bytes", Values{3, 5, 7, 11}},
		{"Java, one of the two events", "alloc_in_new_tlab_objects/count, alloc_in_new_tlab_bytes/bytes", Values{3, 5, 0, 0}},
		{"Java, both events", "alloc_in_new_tlab_objects/count, alloc_in_new_tlab_bytes/bytes, alloc_outside_tlab_objects/count, alloc_outside_tlab_bytes/bytes", Values{10, 16, 0, 0}},
		{"Java, live objects", "live/count", Values{0, 0, 3, 0}},
		{"Java, live bytes", "live/bytes, allocations/bytes, allocations/count", Values{7, 5, 0, 3}},
		{"heapprofd", "Total malloc count/count, Total malloc size/bytes, Unreleased malloc count/count, Unreleased malloc size/bytes", Values{3, 5, 7, 11}},
		{"kilobytes", "inuse_objects/count, inuse_space/kilobytes", Values{0, 0, 3, 5 << 10}},
		{"no units", "objects/, space/", Values{0, 0, 3, 5}},
		{"unknown bytes", "samples/count, retained/MiB", Values{0, 0, 0, 5 << 20}},
	} {
		t.Run(test.name, func(t *testing.T) {
			values := []int64{3, 5, 7, 11}[:1+strings.Count(test.types, ", ")]
			d, err := NewDigest(profileOf(test.types, values...))
			if err != nil {
				t.Fatal(err)
			}
			if d.Totals != test.want {
				t.Errorf("totals %+v, want %+v", d.Totals, test.want)
			}
			if named := d.TypeNames.Own(InuseSpace); named != map[bool]string{true: "retained"}[strings.Contains(test.types, "retained")] {
				t.Errorf("name of the bytes in use: %q", named)
			}
		})
	}
}

func TestTypesRefused(t *testing.T) {
	for types, want := range map[string]string{
		"samples/count, cpu/nanoseconds":      "CPU profile",
		"goroutine/count":                     "goroutine profile",
		"contentions/count, delay/ns":         "contention profile",
		"threads/count, wall/nanoseconds":     "a profile of threads, wall",
		"alloc_space/furlongs, samples/count": `alloc_space in "furlongs"`,
	} {
		_, err := NewDigest(profileOf(types, 1, 2))
		if fault, ok := err.(Fault); !ok || !strings.Contains(string(fault), want) {
			t.Errorf("%s: %v, want a fault with %q", types, err, want)
		}
	}
}

// A tcmalloc profile of allocations has the type names of memory in use, but counts allocations.
func TestAllocationsOfTcmalloc(t *testing.T) {
	p := profileOf("objects/count, space/bytes", 3, 5)
	p.DefaultSampleType, p.DurationNanos = "objects", 1e9
	d, err := NewDigest(p)
	if err != nil || d.Totals != (Values{3, 5, 0, 0}) || d.DefaultType != AllocObjects {
		t.Errorf("totals %+v, first %q, %v", d.Totals, d.DefaultType, err)
	}
	p.DefaultSampleType = "space"
	if d, err = NewDigest(p); err != nil || d.Totals != (Values{0, 0, 3, 5}) || d.DefaultType != InuseSpace {
		t.Errorf("of a heap: totals %+v, first %q, %v", d.Totals, d.DefaultType, err)
	}
}

// withSecond returns a profile of two samples.
func withSecond(p *profile.Profile, values ...int64) *profile.Profile {
	p.Sample = append(p.Sample, &profile.Sample{Location: p.Sample[0].Location, Value: values})
	return p
}

const goTypes = "alloc_objects/count, alloc_space/bytes, inuse_objects/count, inuse_space/bytes"

func TestNegatives(t *testing.T) {
	delta := withSecond(profileOf(goTypes, 10, 1000, 2, 200), 10, 1000, -5, -500)
	quiet := profileOf(goTypes, 10, 1000, 2, 200)
	quiet.DurationNanos = 30e9
	agent := withSecond(profileOf(goTypes, 10, 1000, 2, 200), 1, 100, 50, 5000)
	agent.DurationNanos = 60e9
	for _, test := range []struct {
		name   string
		prof   *profile.Profile
		types  []Type
		totals Values
		growth *Growth
		odd    int
		fault  string
	}{
		{"delta", delta, []Type{AllocSpace, AllocObjects}, Values{20, 2000, 0, 0}, &Growth{-3, -300}, 0, ""},
		{"delta without frees", quiet, []Type{AllocSpace, AllocObjects}, Values{10, 1000, 0, 0}, &Growth{2, 200}, 0, ""},
		{"allocations of an agent's minute, with all memory in use", agent, []Type{AllocSpace, AllocObjects, InuseSpace, InuseObjects}, Values{11, 1100, 52, 5200}, nil, 0, ""},
		{"odd value", withSecond(profileOf(goTypes, 10, 100_000, 5, 60_000), 1, 10, 1, -512), Types, Values{11, 100_010, 6, 60_000}, nil, 1, ""},
		{"odd value of jemalloc", withSecond(profileOf("inuse_space/bytes", 60_000), -512), []Type{InuseSpace}, Values{0, 0, 0, 60_000}, nil, 1, ""},
		{"saved difference", withSecond(profileOf(goTypes, 10, 1000, 2, 200), -10, -900, -2, -200), nil, Values{}, nil, 0, "negative values of alloc_objects"},
		{"saved difference of jemalloc", withSecond(profileOf("inuse_space/bytes", 60_000), -5120), nil, Values{}, nil, 0, "-diff_base"},
		{"smallest number", withSecond(profileOf("inuse_space/bytes", 60_000), -1<<63), nil, Values{}, nil, 0, "larger than any memory"},
	} {
		t.Run(test.name, func(t *testing.T) {
			d, err := NewDigest(test.prof)
			if test.fault != "" {
				if fault, ok := err.(Fault); !ok || !strings.Contains(string(fault), test.fault) {
					t.Errorf("%v, want a fault with %q", err, test.fault)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(d.Types, test.types) || d.Totals != test.totals || d.Odd != test.odd || (d.Growth == nil) != (test.growth == nil) || d.Growth != nil && *d.Growth != *test.growth {
				t.Errorf("types %v, totals %+v, %d odd, growth %+v", d.Types, d.Totals, d.Odd, d.Growth)
			}
			checkTree(t, d)
		})
	}
}
