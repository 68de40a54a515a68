package views

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"heaplab/profiler/subject/builtin"
	"heaplab/profiler/weights"
	"heaplab/profiler/words"
)

// A PredictPage says what techniques would save on a model's file.
type PredictPage struct {
	Folder     bool        // there is a folder of models to choose from
	Models     []ModelFile // in it
	File       string      // the name of the chosen one, or ""
	Fault      string      // why there is no prediction of it, as a sentence
	Prediction *weights.Prediction
	Tensors    []weights.Tensor // of the file
	Cases      []builtin.Case   // that can be launched
}

// A ModelFile is a file that can be chosen.
type ModelFile struct {
	Name  string
	Bytes int64
}

// predictURL is the page of a file's prediction.
func predictURL(file string) string {
	if file == "" {
		return "/predict"
	}
	return "/predict?file=" + url.QueryEscape(file)
}

func exactBytes(n int64) string { return words.Count(float64(n)) + " B" }

// savingsOf are the savings that have bytes, or those that have none.
func savingsOf(p *weights.Prediction, known bool) []weights.Saving {
	var out []weights.Saving
	for _, s := range p.Savings {
		if s.Known() == known {
			out = append(out, s)
		}
	}
	return out
}

// assumptionText is what a saving assumes; where the one before it assumes the same, that is enough.
func assumptionText(savings []weights.Saving, i int) string {
	if i > 0 && savings[i-1].Assumption == savings[i].Assumption {
		return "As above."
	}
	return savings[i].Assumption
}

// weightBars are the bytes of all weights in the file and after each technique that starts from
// there, on one scale.
func weightBars(p *weights.Prediction) []bar {
	bars := []bar{{Variant: "in the file", Role: "before", Value: words.Bytes(float64(p.Bytes))}}
	bytes, most := []int64{p.Bytes}, p.Bytes
	for _, s := range p.Savings {
		if len(s.Layers) == 0 || s.Before != p.Bytes {
			continue
		}
		role := "after"
		if newSavedText(s.Before, s.After).Class == "more" {
			role = "over"
		}
		bars = append(bars, bar{Variant: s.Name, Role: role, Value: words.Bytes(float64(s.After))})
		bytes, most = append(bytes, s.After), max(most, s.After)
	}
	for i := range bars {
		bars[i].Width = 100 * float64(bytes[i]) / float64(max(most, 1))
	}
	return bars
}

// A savedText is how much less, or more, something takes.
type savedText struct {
	Class string // "less", "more" or "same"
	Glyph string // the direction, so that the colour is never alone
	Text  string
}

// newSavedText puts a change of bytes into words. What differs by less than a thousandth is the same.
func newSavedText(before, after int64) savedText {
	const close = 0.001
	if before <= 0 || after <= 0 {
		return savedText{"same", "", words.None}
	}
	ratio := float64(before) / float64(after)
	switch {
	case before == after:
		return savedText{"same", "=", "the same"}
	case ratio < 1 && 1/ratio-1 < close:
		return savedText{"same", "▲", "a trace more"}
	case ratio < 1:
		return savedText{"more", "▲", words.Times(1/ratio) + " more"}
	case ratio-1 < close:
		return savedText{"same", "▼", "a trace less"}
	}
	return savedText{"less", "▼", words.Times(ratio) + " less"}
}

// launches is the address at which a saving can be measured, or "" where its case is not built in, or
// takes models but not this file.
func (p PredictPage) launches(s weights.Saving) string {
	c := builtin.Find(p.Cases, s.Case)
	if c == nil {
		return ""
	}
	chosen := slices.IndexFunc(c.Params, func(param builtin.Param) bool { return param.Name == "model" || param.Name == "file" })
	if chosen < 0 {
		return launchURL(s.Case)
	}
	param := c.Params[chosen]
	if !slices.Contains(param.Choices, p.File) {
		return ""
	}
	params := url.Values{"param." + param.Name: {p.File}}
	for _, size := range c.Params {
		if param.Name == "file" && size.Name == "mib" { // of the file, as much as the case takes
			mib := min((p.Prediction.Size+1<<20-1)>>20, int64(size.Max))
			params.Set("param.mib", strconv.FormatInt(mib, 10))
		}
	}
	return launchURL(s.Case) + "&" + params.Encode()
}

// unlinked reports whether there are savings whose cases do not take the file.
func (p PredictPage) unlinked() bool {
	return slices.ContainsFunc(p.Prediction.Savings, func(s weights.Saving) bool {
		return builtin.Find(p.Cases, s.Case) != nil && p.launches(s) == ""
	})
}

// shownTensors is how many tensors of a file are listed.
const shownTensors = 1000

// shapeText writes the dimensions of a tensor, outermost first.
func shapeText(shape []int64) string {
	var sizes []string
	for _, n := range shape {
		sizes = append(sizes, words.Count(float64(n)))
	}
	if sizes == nil {
		return "a number"
	}
	return strings.Join(sizes, " × ")
}

// typesText lists the types of numbers in a file.
func typesText(p *weights.Prediction) string {
	text := ""
	for i, t := range p.Types {
		if i > 0 {
			text += ", "
		}
		text += words.Plain(string(t.Type)) + " (" + words.Plural(t.Tensors, "tensor") + ")"
	}
	if text == "" {
		return words.None
	}
	return text
}
