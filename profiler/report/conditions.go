package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"heaplab/profiler"
	"heaplab/profiler/words"
)

// A Condition is something that the noise of a subject depends on.
type Condition struct {
	Of    string `json:"of" enum:"subject,machine,baseline,param,setting,toolchain,code,huge pages"`
	Name  string `json:"name,omitempty" doc:"of the param or setting"`
	Value string `json:"value" doc:"empty if it is not known"`
}

// Values of Condition.Of. They are stored in the database and part of the API.
const (
	ofSubject   = "subject"
	ofMachine   = "machine"
	ofBaseline  = "baseline"
	ofParam     = "param"
	ofSetting   = "setting"
	ofToolchain = "toolchain"
	ofCode      = "code"
	ofHugePages = "huge pages"
)

// conditionWords says how a sentence names conditions of another kind, in the order of the sentence.
var conditionWords = []struct {
	of, text string
	values   bool // the sentence has the values
}{
	{ofSubject, "another subject", true},
	{ofMachine, "another machine", false},
	{ofBaseline, "another baseline", true},
	{ofParam, "other params", true},
	{ofSetting, "other settings", true},
	{ofToolchain, "another Go version", true},
	{ofCode, "another version of the measured code", false},
	{ofHugePages, "other settings of huge pages", true},
}

// conditions returns the conditions of an experiment. Numbers of rounds and limits are not among
// them. Of a sweep, the swept setting or param is not.
func conditions(e profiler.Experiment) []Condition {
	env := e.Environment
	processors := env["gomaxprocs"]
	if processors == "" && e.Config.GOMAXPROCS > 0 {
		processors = strconv.Itoa(e.Config.GOMAXPROCS)
	}
	all := []Condition{
		{ofSubject, "", e.Design.Subject},
		{ofMachine, "", env["machine"]},
		{ofBaseline, "", e.Design.Baseline()},
	}
	all = append(all, params(e.Design)...)
	all = append(all,
		Condition{ofSetting, "benchtime", e.Config.Benchtime},
		Condition{ofSetting, "GOGC", e.Config.GOGC},
		Condition{ofSetting, "GOMEMLIMIT", e.Config.GOMEMLIMIT},
		Condition{ofSetting, "GOMAXPROCS", processors},
		Condition{ofToolchain, "", env["toolchain"]},
		Condition{ofCode, "", cmp.Or(env["code"], env["commit"])},
		Condition{ofHugePages, "thp", env["thp"]},
		Condition{ofHugePages, "thp-defrag", env["thp-defrag"]},
	)
	if e.Sweep != nil {
		all = slices.DeleteFunc(all, func(c Condition) bool { return c.Name == e.Sweep.Title() })
	}
	return all
}

// params returns the params of a design. If its labels describe the variants, it returns the
// baseline's label.
func params(d profiler.Design) []Condition {
	if d.LabelsVariants() {
		return []Condition{{ofBaseline, "label", d.Labels[d.Baseline()]}}
	}
	values := maps.Clone(d.Labels)
	if values == nil {
		values = map[string]string{}
	}
	for name, value := range d.Params {
		values[name] = fmt.Sprint(value)
	}
	var all []Condition
	for _, name := range slices.Sorted(maps.Keys(values)) {
		all = append(all, Condition{ofParam, name, values[name]})
	}
	return all
}

// otherConditions returns the conditions of a calibration that are not those of e.
func otherConditions(e, calibration profiler.Experiment) []Condition {
	type key struct{ of, name string }
	wanted, has := map[key]string{}, map[key]string{}
	var keys []key
	for _, c := range conditions(e) {
		keys = append(keys, key{c.Of, c.Name})
		wanted[key{c.Of, c.Name}] = c.Value
	}
	for _, c := range conditions(calibration) {
		k := key{c.Of, c.Name}
		if _, ok := wanted[k]; !ok && (e.Sweep == nil || c.Name != e.Sweep.Title()) {
			keys = append(keys, k)
		}
		has[k] = c.Value
	}
	var out []Condition
	for _, k := range keys {
		if wanted[k] != has[k] {
			out = append(out, Condition{k.of, k.name, has[k]})
		}
	}
	return out
}

// An Exclusion says why a calibration does not apply to an experiment.
type Exclusion struct {
	Calibration int64       `json:"calibration"`
	Differs     []Condition `json:"differs,omitempty" doc:"conditions of the calibration that are not those of the experiment"`
	Busy        bool        `json:"busy,omitempty" doc:"the machine was busy, and nobody had accepted the floors"`
}

// Exclude returns why a calibration does not apply to e, or nil if it applies.
func Exclude(e profiler.Experiment, c Candidate) *Exclusion {
	x := Exclusion{
		Calibration: c.Experiment.ID,
		Differs:     otherConditions(e, c.Experiment),
		Busy:        !c.Result.Applies(),
	}
	if len(x.Differs) == 0 && !x.Busy {
		return nil
	}
	return &x
}

// Text says why the calibration does not apply.
func (x *Exclusion) Text() string {
	reason := "on a busy machine, and nobody had accepted it"
	if len(x.Differs) > 0 {
		reason = "with " + words.List(otherWords(x.Differs))
	}
	return fmt.Sprintf("Calibration #%d was taken %s: it does not apply.", x.Calibration, reason)
}

// otherWords groups conditions by their kinds, such as "other params (batch=8)".
func otherWords(differs []Condition) []string {
	var out []string
	for _, kind := range conditionWords {
		var values []string
		found := false
		for _, c := range differs {
			if c.Of != kind.of {
				continue
			}
			found = true
			value := cmp.Or(words.Plain(c.Value), "unknown")
			if c.Name != "" {
				value = words.Plain(c.Name) + "=" + value
			}
			values = append(values, value)
		}
		switch {
		case found && kind.values:
			out = append(out, fmt.Sprintf("%s (%s)", kind.text, strings.Join(values, ", ")))
		case found:
			out = append(out, kind.text)
		}
	}
	return out
}
