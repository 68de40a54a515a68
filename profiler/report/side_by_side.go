package report

import (
	"fmt"
	"heaplab/profiler"
	"maps"
	"math"
	"slices"
	"strings"
)

// A Part is what stands beside others in a Together: an experiment, or one variant of it.
type Part struct {
	Report  Report
	Variant string // "" is all of them
}

// Name tells a part from the others, and is how addresses name it: "12", or "12:float32".
func (p Part) Name() string {
	if p.Variant == "" {
		return fmt.Sprint(p.Report.ID)
	}
	return fmt.Sprintf("%d:%s", p.Report.ID, p.Variant)
}

// of names one variant of a part.
func (p Part) of(variant string) string { return Part{p.Report, variant}.Name() }

// A Together holds experiments against the first of them. Its reports are like those of one
// experiment, with parts in place of variants.
type Together struct {
	Parts       []Part
	Differences []string // what makes the parts hard to compare, as sentences
	Groups      []Group
	Profiles    Report // all variants of all parts, with their profiles
}

// A Group is one variant in all the parts that have it, or the parts' own variants where each
// names one.
type Group struct {
	Variant string // "" where each part names its own
	Report  Report
}

// NewTogether compares two parts or more. The noise floors are those of a calibration that holds
// for all of them, or nil.
func NewTogether(parts []Part, noise *Calibration) Together {
	t := Together{Parts: parts, Differences: differences(parts), Profiles: flatten(parts)}
	for _, variant := range joined(parts) {
		if g := newGroup(parts, variant, noise); len(g.Report.Variants) > 0 {
			t.Groups = append(t.Groups, g)
		}
	}
	return t
}

// joined are the variants by which parts are held against each other: those that the parts which
// name none have, in the order of the first; "" where each part names its own.
func joined(parts []Part) []string {
	var names []string
	for _, p := range parts {
		if p.Variant != "" {
			continue
		}
		for _, v := range p.Report.Variants {
			if !slices.Contains(names, v.Name) {
				names = append(names, v.Name)
			}
		}
	}
	if names == nil {
		return []string{""}
	}
	return names
}

func newGroup(parts []Part, variant string, noise *Calibration) Group {
	g := Group{Variant: variant, Report: Report{Kind: profiler.KindComparison, State: profiler.Done, Calibration: noise, Comparisons: []Comparison{}}}
	samples := profiler.Samples{}
	var d profiler.Design
	for _, p := range parts {
		name := variant
		if p.Variant != "" {
			name = p.Variant
		}
		for _, v := range p.Report.Variants {
			if v.Name != name || len(v.Samples) == 0 {
				continue
			}
			label := p.Name()
			d.Variants = append(d.Variants, profiler.VariantInfo{Name: label, Title: v.Title})
			for _, unit := range p.Report.Primary {
				if !slices.Contains(d.Primary, unit) {
					d.Primary = append(d.Primary, unit)
				}
			}
			g.Report.Variants = append(g.Report.Variants, VariantReport{Name: label, Title: v.Title, Samples: v.Samples})
			g.Report.Config.Count = max(g.Report.Config.Count, p.Report.Config.Count)
			for unit, values := range v.Samples {
				samples[profiler.Series{Variant: label, Unit: unit}] = values
			}
		}
	}
	g.Report.Primary = d.Primary
	if len(d.Variants) > 1 && d.Baseline() == parts[0].Name() { // all is held against the first part
		g.Report.Comparisons = Compare(d, "", samples, noise)
		undecideTimes(parts, g.Report.Comparisons)
	}
	return g
}

// undecideTimes takes back verdicts on times between experiments. Within one, variants are
// measured in turns, so that the machine's drift falls on all alike; between two, it is all in
// the difference: identical code has differed by 43 % at p = 0.004.
func undecideTimes(parts []Part, comparisons []Comparison) {
	first := parts[0].Report.ID
	for i := range comparisons {
		c := &comparisons[i]
		quantity := profiler.LookupUnit(c.Unit).Quantity
		other := slices.ContainsFunc(parts, func(p Part) bool { return p.Name() == c.Variant && p.Report.ID != first })
		if other && (quantity == profiler.Duration || quantity == profiler.Seconds) {
			c.Verdict = Unclear
		}
	}
}

// flatten has every variant of every part under its own name, with its profiles.
func flatten(parts []Part) Report {
	all := Report{Kind: profiler.KindComparison, State: profiler.Done}
	for _, p := range parts {
		for _, v := range p.Report.Variants {
			taken := func(other VariantReport) bool { return other.Name == p.of(v.Name) }
			if p.Variant != "" && v.Name != p.Variant || slices.ContainsFunc(all.Variants, taken) {
				continue
			}
			all.Variants = append(all.Variants, VariantReport{Name: p.of(v.Name), Title: v.Title})
			for _, profile := range p.Report.Profiles {
				if profile.Variant == v.Name {
					profile.Variant = p.of(v.Name)
					all.Profiles = append(all.Profiles, profile)
				}
			}
		}
	}
	return all
}

// differences says in sentences what the parts do not have in common, the most important first.
func differences(parts []Part) []string {
	out := []string{}
	add := func(what string, value func(Report) string) {
		if text := notAlike(what, parts, value); text != "" {
			out = append(out, text)
		}
	}
	add("The subject", func(r Report) string { return r.Subject })
	keys := map[string]bool{}
	labels := map[string]bool{}
	for _, p := range parts {
		for key := range p.Report.Environment {
			keys[key] = true
		}
		for name := range p.Report.Labels {
			labels[name] = true
		}
	}
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		add("The param "+name, func(r Report) string { return r.Labels[name] })
	}
	add("The count of rounds", func(r Report) string { return fmt.Sprint(r.Config.Count) })
	add("The length of a round", func(r Report) string { return r.Config.Benchtime })
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		add("The environment's "+key, func(r Report) string { return r.Environment[key] })
	}
	for _, p := range parts {
		for _, sentence := range p.Report.Comparability {
			sentence = fmt.Sprintf("#%d, as a whole: %s", p.Report.ID, sentence)
			if !slices.Contains(out, sentence) { // of an experiment whose variants are several parts
				out = append(out, sentence)
			}
		}
	}
	return out
}

// notAlike says which values parts have of something, or nothing where all have the same.
func notAlike(what string, parts []Part, value func(Report) string) string {
	var values []string
	ids := map[string][]string{} // by value
	for _, p := range parts {
		v := value(p.Report)
		if v == "" {
			v = "not known"
		}
		if !slices.Contains(values, v) {
			values = append(values, v)
		}
		if id := fmt.Sprintf("#%d", p.Report.ID); !slices.Contains(ids[v], id) {
			ids[v] = append(ids[v], id)
		}
	}
	if len(values) < 2 {
		return ""
	}
	var texts []string
	for _, v := range values {
		texts = append(texts, fmt.Sprintf("%s in %s", v, strings.Join(ids[v], ", ")))
	}
	return what + " is " + strings.Join(texts, ", and ") + "."
}

// A Tally counts what became of metrics, of one part against the first.
type Tally struct {
	Name                           string // of the part
	Improved, Regressed, Unchanged int
	Undecided                      int
	Means                          []Mean
}

// A Mean is the geometric mean of value/baseline of one metric over the groups.
type Mean struct {
	Unit  string
	Ratio profiler.Float
	Of    int // ratios that it is the mean of
	Left  int // groups left out, because one side is 0
}

// Tallies count over the primary metrics and time of all groups, for each part but the first.
func (t *Together) Tallies() []Tally {
	var out []Tally
	for _, p := range t.Parts[1:] {
		tally := Tally{Name: p.Name()}
		byUnit := map[string][]Comparison{}
		for _, g := range t.Groups {
			for _, c := range g.Report.Comparisons {
				if c.Variant != tally.Name || !c.Primary && c.Unit != profiler.NsPerOp {
					continue
				}
				byUnit[c.Unit] = append(byUnit[c.Unit], c)
				switch c.Verdict {
				case Better:
					tally.Improved++
				case Worse:
					tally.Regressed++
				case Same:
					tally.Unchanged++
				default:
					tally.Undecided++
				}
			}
		}
		for _, unit := range slices.SortedFunc(maps.Keys(byUnit), profiler.CompareUnits) {
			ratio, left := GeoMean(byUnit[unit])
			tally.Means = append(tally.Means, Mean{Unit: unit, Ratio: ratio, Of: len(byUnit[unit]) - left, Left: left})
		}
		out = append(out, tally)
	}
	return out
}

// Machine is the machine that all parts ran on, or "" where they ran on several.
func (t *Together) Machine() string {
	machine := t.Parts[0].Report.Environment["machine"]
	for _, p := range t.Parts {
		if p.Report.Environment["machine"] != machine {
			return ""
		}
	}
	return machine
}

// Defined reports whether the mean has a value.
func (m Mean) Defined() bool { return m.Of > 0 && !math.IsNaN(float64(m.Ratio)) }
