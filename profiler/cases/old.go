package cases

import (
	_ "embed"
	"encoding/json"
	"fmt"

	"heaplab/profiler"
	"heaplab/profiler/subject/builtin"
)

// oldCatalogue describes the cases of the last version that stored no design with an experiment.
//
//go:embed old.json
var oldCatalogue []byte

// An oldCase is a case of that version.
type oldCase struct {
	Name      string       `json:"name"`
	Title     string       `json:"title"`
	Technique string       `json:"technique"`
	Primary   []string     `json:"primary"`
	Bitwise   bool         `json:"bitwise"`
	Variants  []oldVariant `json:"variants"`
}

type oldVariant struct {
	Name   string `json:"name"`
	Title  string `json:"title"`
	Adds   string `json:"adds"`
	Leaves string `json:"leaves_out"`
	Fits   bool   `json:"fits"`   // with the case's own model
	Models string `json:"models"` // "own" or "gpt2" if it applied to that model alone
}

// successors are the cases that took GPT-2 over from an older case, which had it as a param.
var successors = map[string]string{
	"preallocation": "gpt2-cache",
	"precision":     "gpt2-precision",
	"integer":       "gpt2-integer",
	"pruning":       "gpt2-pruning",
}

// OldDesigns returns a func for store.Open, which designs experiments from before designs were
// stored. Their predictions come from the given cases, which have the same formulas.
func OldDesigns(cases []builtin.Case) func(name string, p profiler.Params) (profiler.Design, bool) {
	var old []oldCase
	if err := json.Unmarshal(oldCatalogue, &old); err != nil {
		panic(fmt.Sprintf("cases: old.json: %v", err)) // it is built in
	}
	return func(name string, p profiler.Params) (profiler.Design, bool) {
		for _, c := range old {
			if c.Name == name {
				return c.design(cases, p), true
			}
		}
		return profiler.Design{}, false
	}
}

func (c *oldCase) design(cases []builtin.Case, p profiler.Params) profiler.Design {
	model, _ := p["model"].(string)
	gpt2 := model != "" && model != "article"
	d := oldDesign{profiler.Design{Title: c.Title, Technique: c.Technique, Primary: c.Primary, Bitwise: c.Bitwise}, c.Name}
	for _, v := range c.Variants {
		if v.Models == "own" && gpt2 || v.Models == "gpt2" && !gpt2 {
			continue
		}
		info := profiler.VariantInfo{Name: v.Name, Title: v.Title, Adds: v.Adds, LeavesOut: v.Leaves, Extra: []profiler.RunKind{profiler.Allocs, profiler.Peak}}
		if v.Fits && !gpt2 {
			info.Extra = append(info.Extra, profiler.FitRun)
		}
		d.Variants = append(d.Variants, info)
	}
	name := c.Name
	switch {
	case gpt2:
		name = successors[name]
	case name == "precision" && p["mode"] == "training":
		name = "precision-training"
	}
	if now := builtin.Find(cases, name); now != nil {
		d.adopt(now, p)
	}
	return d.Design
}

// An oldDesign is the design of an old experiment.
type oldDesign struct {
	profiler.Design
	name string // of its case
}

// adopt adds the predictions of a current case. An experiment of the same case also loses the params
// that the case no longer has, because they made no difference: then it can be cloned. An experiment
// whose case has a successor keeps its case name, by which calibrations are found, and all params.
func (d *oldDesign) adopt(c *builtin.Case, p profiler.Params) {
	has := profiler.Params{}
	for _, param := range c.Params {
		if value, ok := p[param.Name]; ok {
			has[param.Name] = value
		}
	}
	resolved, faults := c.Resolve(has)
	if faults != nil {
		return
	}
	if c.Name == d.name {
		d.Params = has
	}
	for _, prediction := range c.Predictions(resolved) {
		if d.Variant(prediction.Variant) != nil {
			d.Predictions = append(d.Predictions, prediction)
		}
	}
}
