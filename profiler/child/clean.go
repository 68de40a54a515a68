package child

import (
	"bytes"
	"errors"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/google/pprof/profile"

	"heaplab/profiler/heap"
)

// clean removes from a profile what its measurement added: samples of the code that measures, and the folder in
// which the source files were. It returns the profile, and replaces the file in the folder of this child. It also
// returns the bytes that goroutines of the runtime allocated.
func (how Profiled) clean(raw []byte) (cleaned []byte, runtime int64, err error) {
	if how.Drop == "" && len(how.Roots) == 0 {
		return raw, 0, nil
	}
	prof, err := heap.Read(raw, heap.DefaultLimits)
	if err != nil {
		return nil, 0, err
	}
	if how.Drop != "" {
		drop, err := regexp.Compile(how.Drop)
		if err != nil {
			return nil, 0, err
		}
		prof.Sample = slices.DeleteFunc(prof.Sample, func(s *profile.Sample) bool { return calls(s, drop.MatchString) })
	}
	for _, root := range how.Roots {
		for _, f := range prof.Function {
			f.Filename = strings.TrimPrefix(f.Filename, root+"/")
		}
	}
	space := slices.IndexFunc(prof.SampleType, func(t *profile.ValueType) bool { return t.Type == string(heap.AllocSpace) })
	for _, s := range prof.Sample {
		if space >= 0 && !calls(s, func(name string) bool { return !strings.HasPrefix(name, "runtime.") }) {
			runtime += s.Value[space]
		}
	}
	var out bytes.Buffer
	err = prof.Compact().WriteUncompressed(&out)
	return out.Bytes(), runtime, errors.Join(err, replaceProfile(out.Bytes()))
}

// replaceProfile replaces the profile in the folder of this child.
func replaceProfile(content []byte) error {
	if err := os.Remove(ProfileFile); err != nil { // it may be a link to the uploaded file
		return err
	}
	return os.WriteFile(ProfileFile, content, 0o600)
}

// calls reports whether a sample has a function whose name is one.
func calls(s *profile.Sample, one func(name string) bool) bool {
	for _, location := range s.Location {
		if slices.ContainsFunc(location.Line, func(l profile.Line) bool { return l.Function != nil && one(l.Function.Name) }) {
			return true
		}
	}
	return false
}
