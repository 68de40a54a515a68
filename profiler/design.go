package profiler

import (
	"maps"
	"slices"
	"strings"
)

// A Design says what an experiment compares. It is stored with the experiment, so a report needs
// neither the case nor the program that launched it.
type Design struct {
	Subject     string            `json:"subject" doc:"what is measured: case:NAME, gobench, command or import"`
	Title       string            `json:"title"`
	Technique   string            `json:"technique,omitempty" doc:"the optimisation technique of a case"`
	Params      Params            `json:"params,omitempty" doc:"all params of the subject"`
	Variants    []VariantInfo     `json:"variants" doc:"the first is the baseline"`
	Primary     []string          `json:"primary" doc:"units of the metrics that decide the verdict"`
	Predictions []Prediction      `json:"predictions,omitempty"`
	Labels      map[string]string `json:"labels,omitempty" doc:"params, git refs or command lines by name"`
	Rows        []RowInfo         `json:"rows,omitempty" doc:"of benchmarks: what the preparation found; the name is empty if there is only one"`
	Bitwise     bool              `json:"bitwise,omitempty" doc:"the fits of all variants must end with bit-identical weights"`
	Divisor     *Divisor          `json:"divisor,omitempty" doc:"of an import: what its values are divided by"`

	Units map[string]UnitInfo `json:"units,omitempty" doc:"of an import of benchmark text: what it says about units"`
}

// A VariantInfo describes one variant of an experiment.
type VariantInfo struct {
	Name  string    `json:"name"`
	Title string    `json:"title,omitempty"`
	Extra []RunKind `json:"extra,omitempty" doc:"kinds of runs that the plan has once for this variant, besides measure runs"`

	// In an experiment that adds technique after technique: Adds is the technique that this variant
	// adds to the previous variant with Adds, or to the baseline. LeavesOut is the technique that
	// this variant lacks, of all techniques.
	Adds      string `json:"adds,omitempty"`
	LeavesOut string `json:"leaves_out,omitempty"`
}

// A RowInfo describes one of several results of a run, such as a benchmark.
type RowInfo struct {
	Name     string `json:"name"`
	Ops      int64  `json:"ops" doc:"number of operations of a measure run"`
	Profiled bool   `json:"profiled" doc:"its variants have the extra runs"`
}

// Ops returns the number of operations of a measure run in a row, or 0 if it is not known. A sweep has one benchmark in all
// its rows.
func (d *Design) Ops(row string) int64 {
	for _, r := range d.Rows {
		if r.Name == row || len(d.Rows) == 1 {
			return r.Ops
		}
	}
	return 0
}

// Profiled returns the names of the rows whose variants have extra runs.
func (d *Design) Profiled() []string {
	if len(d.Rows) == 0 {
		return []string{""}
	}
	var names []string
	for _, r := range d.Rows {
		if r.Profiled {
			names = append(names, r.Name)
		}
	}
	return names
}

// A Prediction says how much less than the baseline a variant needs in theory.
type Prediction struct {
	Variant string `json:"variant"`
	Unit    string `json:"unit"`
	Ratio   Float  `json:"ratio" doc:"baseline divided by variant; null if the variant needs nothing"`
	Note    string `json:"note,omitempty" doc:"what the ratio ignores"`
}

// Subjects that have a kind but no name, see Design.Subject. They are stored in the database.
const (
	SubjectImport  = "import"
	SubjectCommand = "command"
	SubjectGoBench = "gobench"
)

// LabelModule is the label with the path of the Go module that a gobench subject measures. It is stored in the database.
const LabelModule = "module"

// Keys of the Environment of a run of a gobench subject. They are stored in the database.
const (
	EnvToolchain  = "toolchain"  // Go version that built the benchmarks
	EnvLeftOut    = "left-out"   // benchmarks that not all versions have, and that are not compared
	EnvSubmodules = "submodules" // folders of git submodules, which are empty
)

const casePrefix = "case:"

// CaseSubject returns the subject of the built-in case with that name.
func CaseSubject(name string) string { return casePrefix + name }

// Case returns the name of the built-in case that d measures, or "".
func (d *Design) Case() string {
	name, ok := strings.CutPrefix(d.Subject, casePrefix)
	if !ok {
		return ""
	}
	return name
}

// Kind returns the kind of d's subject: case, gobench, command or import.
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

// Variant returns the variant with that name, or nil.
func (d *Design) Variant(name string) *VariantInfo {
	for i := range d.Variants {
		if d.Variants[i].Name == name {
			return &d.Variants[i]
		}
	}
	return nil
}

// LabelsVariants reports whether there is a label for each variant, such as its command line. Otherwise
// labels are params that all variants share.
func (d *Design) LabelsVariants() bool {
	return len(d.Variants) > 0 && !slices.ContainsFunc(d.Variants, func(v VariantInfo) bool { return d.Labels[v.Name] == "" })
}

// LabelNames returns the names of the labels: first those of variants, in their order,
// then the others in alphabetical order.
func (d *Design) LabelNames() []string {
	var names []string
	if d.LabelsVariants() {
		for _, v := range d.Variants {
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
