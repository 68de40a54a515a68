package report

import (
	"fmt"
	"strings"
	"time"

	"heaplab/profiler"
	"heaplab/profiler/heap"
	"heaplab/profiler/words"
)

// Choices of what the values of an import are divided by. They are part of URLs.
const (
	PerProfile = "profile" // by nothing
	PerCount   = "count"   // by the counts that were given with the files
	PerSecond  = "second"  // by the durations that the profiles state
)

// newDivisor returns what the values of an import are divided by, or nil. By default these are the counts
// that were given, or else the durations if they differ.
func (r *Report) newDivisor(per string) *profiler.Divisor {
	switch per {
	case PerProfile:
		return nil
	case PerCount, PerSecond:
		if d := r.DivisorBy(per); d != nil {
			return d
		}
	}
	if r.Counts != nil {
		return r.Counts
	}
	if len(r.Profiles) == 2 && durationsDiffer(r.Profiles[0].duration(), r.Profiles[1].duration()) {
		return durationDivisor(r.Profiles)
	}
	return nil
}

// DivisorBy returns the divisor of a choice, or nil if the import has none.
func (r *Report) DivisorBy(per string) *profiler.Divisor {
	switch per {
	case PerCount:
		return r.Counts
	case PerSecond:
		return durationDivisor(r.Profiles)
	}
	return nil
}

// Per returns the choice that the samples and comparisons of an import have.
func (r *Report) Per() string {
	switch {
	case r.Divisor == nil:
		return PerProfile
	case r.Divisor.Stated:
		return PerSecond
	}
	return PerCount
}

// Choices returns the choices of what the values of an import can be divided by. It returns none if there
// is only one.
func (r *Report) Choices() []string {
	var choices []string
	for _, per := range []string{PerCount, PerSecond} {
		if r.DivisorBy(per) != nil {
			choices = append(choices, per)
		}
	}
	if len(choices) == 0 {
		return nil
	}
	return append(choices, PerProfile)
}

// durationDivisor returns the divisor by the durations that both sides state, or nil.
func durationDivisor(profiles []ProfileReport) *profiler.Divisor {
	if len(profiles) != 2 || profiles[0].duration() == 0 || profiles[1].duration() == 0 {
		return nil
	}
	d := &profiler.Divisor{Unit: profiler.SecondsUnit, Counts: map[string]float64{}, Stated: true}
	for _, p := range profiles {
		d.Counts[p.Variant] = p.duration().Seconds()
	}
	return d
}

// durationsDiffer reports whether two known durations differ by more than 5%.
func durationsDiffer(a, b time.Duration) bool {
	const alike = 1.05
	return a > 0 && b > 0 && float64(max(a, b)) > alike*float64(min(a, b))
}

// perText says what values are divided by, such as " per request", or "".
func (r *Report) perText(t heap.Type) string {
	if !r.Divisor.Divides(t) {
		return ""
	}
	return " per " + words.Plain(r.Divisor.Singular())
}

// dividedHeadline adds to the headline about rounds what each value is divided by, because lists show only
// the headline.
func (r *Report) dividedHeadline(headline string) string {
	for _, t := range heap.Types {
		if noun := words.Noun(profiler.TypeUnit(t)); noun != "" {
			headline = strings.Replace(headline, noun, noun+r.perText(t), 1)
		}
	}
	return headline
}

// Suffix returns the end of a value that is divided, such as "/request", or "".
func Suffix(d *profiler.Divisor, t heap.Type) string {
	switch unit := d.Singular(); {
	case !d.Divides(t):
		return ""
	case unit == "second":
		return "/s"
	default:
		return "/" + words.Plain(unit)
	}
}

// ScopeText says what the totals of an import cover.
func ScopeText(r Report) string {
	text := "Whole process"
	if Rounds(r) > 1 {
		text = "Whole profiles"
	}
	if d := r.Divisor; d == nil {
		text += ", not per operation."
	} else {
		text += ", per " + words.Plain(d.Singular())
		if len(r.Variants) == 2 {
			each := ": each profile of %s covers %s and each of %s %s"
			if d.Stated && Rounds(r) > 1 {
				each = ": on average, a profile of %s covers %s and one of %s %s"
			}
			text += fmt.Sprintf(each, BaselineName(r), countText(d, r.Variants[0].Name), words.Plain(r.Variants[1].Name), countText(d, r.Variants[1].Name))
		}
		text += "."
		if !d.Divides(heap.InuseSpace) {
			text += " Memory in use is not divided by time."
		}
	}
	if Rounds(r) > 1 && len(r.Profiles) == 2 {
		text += fmt.Sprintf(" Each profile is one round: %d before and %d after. Totals are medians, values of functions are means.", max(r.Profiles[0].Merged, 1), max(r.Profiles[1].Merged, 1))
	}
	return text
}

func countText(d *profiler.Divisor, variant string) string {
	return words.Count(d.Counts[variant]) + " " + words.Plain(d.Unit)
}
