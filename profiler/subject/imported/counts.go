package imported

import (
	"cmp"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"

	"heaplab/profiler"
	"heaplab/profiler/words"
)

// Counts are the fields of a form that say how much work each profile of a side covers.
type Counts struct {
	Baseline, Variant string // numbers, or "" on both sides
	Unit              string // such as "requests", which is the default
}

// Names of the fields, which are part of the API.
const (
	FieldBaselineCount = "baseline_count"
	FieldVariantCount  = "variant_count"
	FieldCountUnit     = "count_unit"
)

const defaultUnit = "requests"

// Bounds of a count.
const (
	minCount = 0.001
	maxCount = 1e12
)

// unitPattern matches units: words without invisible characters.
var unitPattern = regexp.MustCompile(`^\p{L}[\p{L}\p{N} _/-]{0,39}$`)

// Divisor returns what the values are divided by, or nil without counts.
func (c Counts) Divisor() (*profiler.Divisor, profiler.Faults) {
	baseline, variant := strings.TrimSpace(c.Baseline), strings.TrimSpace(c.Variant)
	if baseline == "" && variant == "" {
		return nil, nil
	}
	var faults profiler.Faults
	fault := func(field, message string) {
		faults = append(faults, profiler.Fault{Field: field, Message: message})
	}
	d := &profiler.Divisor{Unit: cmp.Or(strings.TrimSpace(c.Unit), defaultUnit), Counts: map[string]float64{}}
	for _, side := range []struct{ name, field, text string }{
		{profiler.ImportBaseline, FieldBaselineCount, baseline}, {profiler.ImportVariant, FieldVariantCount, variant},
	} {
		count, err := strconv.ParseFloat(side.text, 64)
		switch {
		case side.text == "":
			fault(side.field, "is missing: give the counts of both sides or of neither")
		case err != nil || math.IsNaN(count) || count < minCount || count > maxCount:
			fault(side.field, fmt.Sprintf("must be a number from %v to %s, such as 10000", minCount, words.Count(maxCount)))
		}
		d.Counts[side.name] = count
	}
	if !unitPattern.MatchString(d.Unit) {
		fault(FieldCountUnit, "must be a word of at most 40 letters, such as requests or seconds")
	}
	return d, faults
}
