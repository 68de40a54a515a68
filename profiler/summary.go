package profiler

import (
	"fmt"
	"sort"

	"github.com/google/pprof/profile"
)

// maxFunctions is how many functions a Summary lists.
const maxFunctions = 200

// Summarize adds a heap profile up by function.
func Summarize(prof *profile.Profile) (Summary, error) {
	index, err := heapTypes(prof)
	if err != nil {
		return Summary{}, err
	}
	var s Summary
	functions := map[string]*Function{}
	for _, sample := range prof.Sample {
		v := Values{
			AllocObjects: sample.Value[index[0]],
			AllocSpace:   sample.Value[index[1]],
			InuseObjects: sample.Value[index[2]],
			InuseSpace:   sample.Value[index[3]],
		}
		s.Totals.add(v)
		addStack(functions, sample, v)
	}
	s.Functions = make([]Function, 0, len(functions))
	for _, f := range functions {
		s.Functions = append(s.Functions, *f)
	}
	sort.Slice(s.Functions, func(i, j int) bool {
		a, b := &s.Functions[i], &s.Functions[j]
		if wa, wb := a.Flat.weight(), b.Flat.weight(); wa != wb {
			return wa > wb
		}
		if wa, wb := a.Cum.weight(), b.Cum.weight(); wa != wb {
			return wa > wb
		}
		return a.Name < b.Name
	})
	if extra := len(s.Functions) - maxFunctions; extra > 0 {
		s.Functions, s.Omitted = s.Functions[:maxFunctions], extra
	}
	return s, nil
}

// heapTypes finds the four sample types of a heap profile, in the order of Values.
func heapTypes(prof *profile.Profile) (index [4]int, err error) {
	for i, name := range []string{"alloc_objects", "alloc_space", "inuse_objects", "inuse_space"} {
		index[i] = -1
		for j, t := range prof.SampleType {
			if t.Type == name {
				index[i] = j
			}
		}
		if index[i] < 0 {
			return index, fmt.Errorf("not a Go heap profile: it has no sample type %s", name)
		}
	}
	return index, nil
}

// addStack adds a sample to the functions on its stack: flat to the innermost, and
// cumulative to each once, however often it recurs.
func addStack(functions map[string]*Function, sample *profile.Sample, v Values) {
	seen := map[string]bool{}
	for i, loc := range sample.Location {
		for j, line := range loc.Line { // inlined calls, innermost first
			name := "unknown"
			if line.Function != nil {
				name = line.Function.Name
			}
			f := functions[name]
			if f == nil {
				f = &Function{Name: name}
				functions[name] = f
			}
			if i == 0 && j == 0 {
				f.Flat.add(v)
			}
			if !seen[name] {
				seen[name] = true
				f.Cum.add(v)
			}
		}
	}
}

func (v *Values) add(w Values) {
	v.AllocObjects += w.AllocObjects
	v.AllocSpace += w.AllocSpace
	v.InuseObjects += w.InuseObjects
	v.InuseSpace += w.InuseSpace
}

// weight orders functions: by what they allocated, and by what is in use where a profile
// is about that alone.
func (v Values) weight() int64 { return max(v.AllocSpace, v.InuseSpace) }
