package profiler

import (
	"maps"
	"slices"
	"strings"
)

// A Design says what an experiment compares. It is stored with the experiment, so that a report
// needs nothing else: neither the case nor the program that it was launched with.
type Design struct {
	Subject     string            `json:"subject" doc:"what is measured: case:NAME, command or import"`
	Title       string            `json:"title"`
	Technique   string            `json:"technique,omitempty" doc:"the optimisation technique of a case"`
	Params      Params            `json:"params,omitempty" doc:"of the subject, complete"`
	Variants    []VariantInfo     `json:"variants" doc:"the first is the baseline"`
	Primary     []string          `json:"primary" doc:"units of the few metrics that the verdict is about"`
	Predictions []Prediction      `json:"predictions,omitempty"`
	Labels      map[string]string `json:"labels,omitempty" doc:"params, git refs or command lines by name: shown, compared and searched"`
	Bitwise     bool              `json:"bitwise,omitempty" doc:"the fits of all variants must end with weights equal to the bit"`
}

// A VariantInfo describes one of the things that an experiment compares.
type VariantInfo struct {
	Name  string    `json:"name"`
	Title string    `json:"title,omitempty"`
	Extra []RunKind `json:"extra,omitempty" doc:"kinds of the runs that the plan has once for this variant, besides its measure runs"`

	// In an experiment that stacks techniques: the technique that this variant adds to the last
	// variant before it that adds one, or to the baseline, and the one that it leaves out of all.
	Adds      string `json:"adds,omitempty"`
	LeavesOut string `json:"leaves_out,omitempty"`
}

// A Prediction says how many times less than the baseline a variant needs in theory.
type Prediction struct {
	Variant string `json:"variant"`
	Unit    string `json:"unit"`
	Ratio   Float  `json:"ratio" doc:"baseline divided by variant; null where nothing is left"`
	Note    string `json:"note,omitempty" doc:"what the ratio leaves out"`
}

// Subjects without a name of their own, see Design.Subject. They are stored in the database.
const (
	SubjectImport  = "import"
	SubjectCommand = "command"
)

const casePrefix = "case:"

// CaseSubject returns the subject of the built-in case of that name.
func CaseSubject(name string) string { return casePrefix + name }

// Case returns the name of the built-in case that d measures, or "".
func (d *Design) Case() string {
	name, ok := strings.CutPrefix(d.Subject, casePrefix)
	if !ok {
		return ""
	}
	return name
}

// Kind returns the kind of d's subject: case, command or import.
func (d *Design) Kind() string {
	kind, _, _ := strings.Cut(d.Subject, ":")
	return kind
}

// Baseline returns the name of the variant that the others are compared with.
func (d *Design) Baseline() string {
	if len(d.Variants) == 0 {
		return ""
	}
	return d.Variants[0].Name
}

// Last returns the name of the last variant.
func (d *Design) Last() string {
	if len(d.Variants) == 0 {
		return ""
	}
	return d.Variants[len(d.Variants)-1].Name
}

// Variant returns the variant of that name, or nil.
func (d *Design) Variant(name string) *VariantInfo {
	for i := range d.Variants {
		if d.Variants[i].Name == name {
			return &d.Variants[i]
		}
	}
	return nil
}

// LabelNames returns the names of the labels: those of variants in their order, then the others
// by name.
func (d *Design) LabelNames() []string {
	var names []string
	for _, v := range d.Variants {
		if _, ok := d.Labels[v.Name]; ok {
			names = append(names, v.Name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(d.Labels)) {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}
