package report

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"heaplab/profiler"
	"heaplab/profiler/words"
)

// supportingText returns the sentences below a headline, about the other primary metrics and time.
// Explain covers memory.
func supportingText(r Report, after string, primary []Comparison, lead *Comparison) string {
	all := slices.Clone(primary)
	if c := TimeOf(r, after); c != nil && !c.Primary {
		all = append(all, *c)
	}
	sentences := append(processShare(r, after, lead), recommendation(r, after)...)
	var same, tooFew, unclear []string
	needs := 0
	for _, c := range all {
		if profiler.LookupUnit(c.Unit).Role == profiler.RoleQuality {
			continue // see quality
		}
		before, value := CenterText(r, r.Variants[0].Name, c.Unit, c.Baseline), CenterText(r, c.Variant, c.Unit, c.Value)
		switch {
		case c.Verdict == Same:
			same = append(same, sameText(c, value))
		case c.Verdict == Unclear && c.Reason.Incomparable():
			// The warnings say so.
		case c.Verdict == Unclear && c.Reason == TooFewRounds:
			tooFew, needs = append(tooFew, fmt.Sprintf("%s (%s and %s)", words.Noun(c.Unit), before, value)), max(needs, c.NeedsRounds)
		case c.Verdict == Unclear:
			unclear = append(unclear, fmt.Sprintf("%s is unclear: %s and %s (%s).", words.UpperFirst(words.Noun(c.Unit)), before, value, undecidedReason(c)))
		case c.Unit != lead.Unit:
			sentences = append(sentences, fmt.Sprintf("%s went %s from %s to %s.", words.UpperFirst(words.Noun(c.Unit)), upOrDown(c), before, value))
		}
	}
	if len(same) > 0 {
		sentences = append(sentences, "Unchanged: "+words.List(same)+".")
	}
	if len(tooFew) > 0 {
		sentences = append(sentences, fmt.Sprintf("To test %s, at least %s are needed.", words.List(tooFew), words.Plural(needs, "round")))
	}
	sentences = append(sentences, firstOperation(r, after)...)
	sentences = append(sentences, unclear...)
	sentences = append(sentences, quality(r, after)...)
	if !slices.ContainsFunc(primary, func(c Comparison) bool { return c.Verdict.Decided() }) && moreRoundsHelp(primary) {
		sentences = append(sentences, "More rounds narrow the intervals.")
	}
	return strings.Join(sentences, " ")
}

// firstOperation names what the first operation allocates, if the others allocate less than before but
// this one does not: the saving begins after it.
func firstOperation(r Report, after string) []string {
	first, others := r.Comparison(after, profiler.FirstOp), r.Comparison(after, profiler.BytesPerOp)
	if first == nil || others == nil || others.Verdict != Better || first.Value.Center <= others.Baseline.Center/2 {
		return nil
	}
	return []string{fmt.Sprintf("The first operation allocates %s; the saving begins after it.", words.Bytes(float64(first.Value.Center)))}
}

// sameText writes a metric that did not change, with its value and the largest change that its
// interval allows.
func sameText(c Comparison, value string) string {
	switch limit := bound(c); {
	case limit != "":
		value += " " + limit
	case c.Change != 0:
		value += ", " + words.Signed(c.Unit, float64(c.Change))
	}
	return words.Noun(c.Unit) + " (" + value + ")"
}

// moreRoundsHelp reports whether more rounds could decide one of the comparisons.
func moreRoundsHelp(primary []Comparison) bool {
	return slices.Contains(undecidedReasons(primary), NotSignificant)
}

// processShare says how much of the process a saving of memory in use is.
func processShare(r Report, after string, lead *Comparison) []string {
	share, ok := savedShare(r, after, lead)
	if !ok {
		return nil
	}
	process := words.Bytes(float64(r.Comparison(after, profiler.PeakRSS).Baseline.Center))
	if share < smallShare {
		return []string{fmt.Sprintf("That is %s of a %s process: %s.", words.Bytes(-float64(lead.Change)), process, words.Share(share))}
	}
	return []string{fmt.Sprintf("That is %s of the process's peak RSS, %s.", words.Share(share), process)}
}

// smallShare is the share of a process below which a saving is small.
const smallShare = 0.10

// SavesLittle reports whether a variant saves memory in use, but only a small share of the process.
func SavesLittle(r Report, after string) bool {
	primary := primaryOf(r.Comparisons, after)
	lead := leading(primary, overall(primary))
	if lead == nil {
		return false
	}
	share, ok := savedShare(r, after, lead)
	return ok && share < smallShare
}

// savedShare returns a saving of memory in use as a share of the peak RSS of the baseline. It returns
// false if lead is no such saving, or if it saves memory that was never resident at once.
func savedShare(r Report, after string, lead *Comparison) (share float64, ok bool) {
	rss := r.Comparison(after, profiler.PeakRSS)
	u := profiler.LookupUnit(lead.Unit)
	inUse := u.Quantity == profiler.Bytes && (u.Role == profiler.RoleLive || u.Role == profiler.RoleResident) && lead.Unit != profiler.PeakRSS
	if lead.Verdict != Better || !inUse || rss == nil || rss.Baseline.Center <= 0 {
		return 0, false
	}
	share = -float64(lead.Change / rss.Baseline.Center)
	return share, share <= 1
}

// quality compares the quality of the results. It gives the numbers only if they changed.
func quality(r Report, after string) []string {
	var parts, same []string
	for _, unit := range profiler.Leads(profiler.RoleQuality) {
		c := r.Comparison(after, unit)
		switch {
		case c == nil:
		case unit == profiler.MaxAbsErr && c.Value.Center == 0:
			parts = append(parts, "all outputs are equal")
		case unit == profiler.MaxAbsErr:
			parts = append(parts, "outputs differ by up to "+words.Value(unit, float64(c.Value.Center)))
		case c.Verdict == Same:
			same = append(same, words.Noun(unit))
		default:
			parts = append(parts, fmt.Sprintf("%s %s instead of %s", words.Noun(unit), words.Value(unit, float64(c.Value.Center)), words.Value(unit, float64(c.Baseline.Center))))
		}
	}
	if len(same) > 0 {
		parts = append(parts, "same "+words.List(same))
	}
	if len(parts) == 0 {
		return nil
	}
	return []string{"Quality of the results: " + words.List(parts) + "."}
}

func upOrDown(c Comparison) string {
	if c.Value.Center < c.Baseline.Center {
		return "down"
	}
	return "up"
}

// FloorText writes a noise floor: in percent, or in the unit if that is the larger one.
func FloorText(c Comparison) string {
	const huge = 1000 // percent
	u, base := profiler.LookupUnit(c.Unit), math.Abs(float64(c.Baseline.Center))
	absolute := u.FloorAbs
	if c.FloorShared > 0 {
		absolute = c.FloorShared
	}
	switch {
	case !c.FloorMeasured && absolute > u.Floor*base:
		return words.Value(c.Unit, absolute)
	case !c.Floor.Finite():
		return words.None
	case c.Floor > huge:
		return words.Value(c.Unit, float64(c.Floor)/100*base)
	}
	return words.Percentage(float64(c.Floor))
}

// undecidedReason says why a comparison is not decided.
func undecidedReason(c Comparison) string {
	switch c.Reason {
	case TooFewRounds:
		return fmt.Sprintf("needs %s, has %d", words.Plural(c.NeedsRounds, "round"), min(c.Baseline.N, c.Value.N))
	case TooNoisy:
		return "this machine's noise is ±" + words.Percentage(float64(c.Floor))
	case WithinFloor:
		return "not beyond the noise floor of " + FloorText(c)
	case WithinSpread:
		return "the change is within the spread of the runs"
	case UnevenLoad:
		return "the load of the machine was uneven"
	case RunsDiffer:
		return "the runs had different environments"
	case OtherRounds:
		return "the runs did not take turns"
	case LowerBounds:
		return "some values are lower bounds"
	}
	text := Significance(c)
	if interval := ChangeRange(c); interval != "" {
		text = interval + ", " + text
	}
	return text
}
