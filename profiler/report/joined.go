package report

import (
	"heaplab/profiler"
	"heaplab/profiler/heap"
)

// A JoinedFunction is a function of a profile that a rule joins with one of the baseline's.
type JoinedFunction struct {
	Name     string    `json:"name"`
	Was      string    `json:"was,omitempty" doc:"its name in the baseline's profile, if it differs"`
	JoinedBy heap.Rule `json:"joined_by" enum:"compiler suffix,version,type arguments,moved,closure order,closure number"`
}

// NewJoined returns the functions of a summary of the profile after that a rule joined.
func NewJoined(d *heap.Diff, after profiler.Summary) (joined []JoinedFunction) {
	listed := map[string]bool{}
	for _, f := range after.Functions {
		listed[f.Name] = true
	}
	for _, f := range d.Functions {
		if f.JoinedBy != "" && listed[f.Name] {
			joined = append(joined, JoinedFunction{f.Name, f.Was, f.JoinedBy})
		}
	}
	return joined
}
