package heap

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/google/pprof/profile"
)

// Limits of the labels that a page offers.
const (
	maxLabels      = 16  // keys
	maxLabelKey    = 80  // bytes of a key
	maxLabelValues = 100 // of a key
)

// labels returns the keys of the labels of a profile, in alphabetical order. It leaves out long ones.
func labels(prof *profile.Profile) []string {
	keys := map[string]bool{}
	add := func(key string) {
		if len(key) <= maxLabelKey && utf8.ValidString(key) {
			keys[key] = true
		}
	}
	for _, sample := range prof.Sample {
		for key := range sample.Label {
			add(key)
		}
		for key := range sample.NumLabel {
			add(key)
		}
		if len(keys) > maxLabels {
			break
		}
	}
	all := slices.Sorted(maps.Keys(keys))
	return all[:min(len(all), maxLabels)]
}

// RootByLabel adds a function to the root of each stack: the value of a label, such as "tenant: a", as pprof does with
// the flag -tagroot. So the callees of the root are the values of the label. Samples without the label have the
// function "tenant: none". If there are many values, those of few bytes share the function "tenant: others". It first
// drops the frames that the producer calls uninteresting, because it changes the roots by which they are told. It returns
// the changed profile.
func RootByLabel(prof *profile.Profile, key string) (*profile.Profile, error) {
	prof = dropFrames(prof)
	prof.DropFrames = ""
	columns, err := newColumns(prof)
	if err != nil {
		return nil, err
	}
	weights := map[string]float64{} // by value
	for _, sample := range prof.Sample {
		v, err := columns.values(sample)
		if err != nil {
			return nil, err
		}
		weights[labelValue(sample, key)] += float64(v.weight())
	}
	largest := slices.SortedFunc(maps.Keys(weights), func(a, b string) int {
		return cmp.Or(cmp.Compare(weights[b], weights[a]), strings.Compare(a, b))
	})
	roots := map[string]*profile.Location{}
	for i, value := range largest {
		if i >= maxLabelValues {
			value = "others"
		}
		if roots[value] == nil {
			roots[value] = addFunction(prof, key+": "+value)
		}
		roots[largest[i]] = roots[value]
	}
	for _, sample := range prof.Sample {
		sample.Location = append(slices.Clip(sample.Location), roots[labelValue(sample, key)])
	}
	return prof, nil
}

// labelValue returns the value of a sample's label as text, or "none".
func labelValue(sample *profile.Sample, key string) string {
	values := slices.Clone(sample.Label[key])
	units := sample.NumUnit[key]
	for i, n := range sample.NumLabel[key] {
		text := strconv.FormatInt(n, 10)
		if i < len(units) && units[i] != "" && units[i] != key {
			text += " " + units[i]
		}
		values = append(values, text)
	}
	return cmp.Or(strings.Join(values, ", "), "none")
}

// addFunction adds a function to a profile and returns a location in it.
func addFunction(prof *profile.Profile, name string) *profile.Location {
	f := &profile.Function{ID: nextID(prof.Function, func(f *profile.Function) uint64 { return f.ID }), Name: name}
	l := &profile.Location{ID: nextID(prof.Location, func(l *profile.Location) uint64 { return l.ID }), Line: []profile.Line{{Function: f}}}
	prof.Function, prof.Location = append(prof.Function, f), append(prof.Location, l)
	return l
}

// nextID returns an id that is not in use.
func nextID[T any](all []T, id func(T) uint64) uint64 {
	next := uint64(0)
	for _, v := range all {
		next = max(next, id(v))
	}
	return next + 1
}
