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

// A PredictPage predicts the savings of techniques for a model's file.
type PredictPage struct {
	Folder     bool        // there is a folder of models to choose from
	Models     []ModelFile // in it
	File       string      // name of the chosen file, or ""
	Fault      string      // why it has no prediction, as a sentence
	Prediction *weights.Prediction
	Tensors    []weights.Tensor // of the file
	Cases      []builtin.Case   // that can be launched
}

// A ModelFile is a file that can be chosen.
type ModelFile struct {
	Name  string
	Bytes int64
}

// predictURL returns the address of a file's prediction.
func predictURL(file string) string {
	if file == "" {
		return "/predict"
	}
	return "/predict?file=" + url.QueryEscape(file)
}

func exactBytes(n int64) string { return words.Count(float64(n)) + " B" }

// savingsOf returns the savings with known bytes, or those without.
func savingsOf(p *weights.Prediction, known bool) []weights.Saving {
	var out []weights.Saving
	for _, s := range p.Savings {
		if s.Known() == known {
			out = append(out, s)
		}
	}
	return out
}

// assumptionText returns the assumption of a saving, or "" if the saving before it has the same.
func assumptionText(savings []weights.Saving, i int) string {
	if i > 0 && savings[i-1].Assumption == savings[i].Assumption {
		return "As above."
	}
	return savings[i].Assumption
}

// weightBars returns bars for the bytes of all weights, in the file and after each technique, on one
// scale.
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

// A savedText is a change of bytes in words.
type savedText struct {
	Class string // "less", "more" or "same"
	Glyph string // the direction, because colour alone is not enough
	Text  string
}

// newSavedText writes a change of bytes. A change of less than 0.1% counts as none.
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
		return savedText{"same", "▲", "slightly more"}
	case ratio < 1:
		return savedText{"more", "▲", words.Times(1/ratio) + " more"}
	case ratio-1 < close:
		return savedText{"same", "▼", "slightly less"}
	}
	return savedText{"less", "▼", words.Times(ratio) + " less"}
}

// launches returns the address of the launch form for a saving. It is "" if no case can measure it
// with this file.
func (p PredictPage) launches(s weights.Saving) string {
	if link := p.launch(s.Case); link != "" {
		return link
	}
	return p.launch(s.MatrixCase)
}

// launch returns the address of the launch form of a case with this file. It is "" if the case is
// not built in or does not accept the file.
func (p PredictPage) launch(name string) string {
	c := builtin.Find(p.Cases, name)
	if c == nil {
		return ""
	}
	chosen := slices.IndexFunc(c.Params, func(param builtin.Param) bool { return param.Name == "model" || param.Name == "file" })
	if chosen < 0 {
		return launchURL(name)
	}
	param := c.Params[chosen]
	if !slices.Contains(param.Choices, p.File) {
		return ""
	}
	params := url.Values{"param." + param.Name: {p.File}}
	for _, size := range c.Params {
		if param.Name == "file" && size.Name == "mib" { // the size of the file, up to the limit of the case
			mib := min((p.Prediction.Size+1<<20-1)>>20, int64(size.Max))
			params.Set("param.mib", strconv.FormatInt(mib, 10))
		}
	}
	return launchURL(name) + "&" + params.Encode()
}

// unlinked reports whether the case of a saving does not accept the file.
func (p PredictPage) unlinked() bool {
	return slices.ContainsFunc(p.Prediction.Savings, func(s weights.Saving) bool {
		return builtin.Find(p.Cases, s.Case) != nil && p.launches(s) == ""
	})
}

// shownTensors is the number of listed tensors.
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

// typesText lists the number types in a file.
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
