package report

import (
	"cmp"
	"slices"

	"heaplab/profiler"
	"heaplab/profiler/words"
)

// hasOutside reports whether enough was allocated outside of the operations of an allocs profile to matter
// for B/op: more than the default noise floor. See profiler.Outside.
func (p *ProfileReport) hasOutside() bool {
	outside := p.Summary.Outside
	if outside == nil || p.Calls == 0 {
		return false
	}
	u, bytes := profiler.LookupUnit(profiler.BytesPerOp), float64(outside.Totals.AllocSpace)
	return bytes > u.FloorAbs*float64(p.Calls) && bytes > u.Floor*float64(p.Summary.Totals.AllocSpace)
}

// An OutsideLine has the bytes per operation that a function, or all, allocated outside of operations.
type OutsideLine struct {
	Function string
	Values   [2]string // of the baseline and of another variant; "" if unknown
}

// Outside says what was allocated outside of the operations of two variants.
type Outside struct {
	Lines []OutsideLine // functions with the most bytes, largest first
	Total OutsideLine   // of all functions
}

// outsideLines is the largest number of functions in an Outside.
const outsideLines = 8

// OutsideOf returns what was allocated outside of the operations of the baseline and of another variant. It
// returns nil if that is too little to matter for both.
func OutsideOf(r Report, after string) *Outside {
	if len(r.Variants) == 0 {
		return nil
	}
	sides := [2]*ProfileReport{r.Profile(r.Variants[0].Name, profiler.Allocs), r.Profile(after, profiler.Allocs)}
	if !slices.ContainsFunc(sides[:], func(p *ProfileReport) bool { return p != nil && p.hasOutside() }) {
		return nil
	}
	out := &Outside{Total: OutsideLine{Function: "All functions"}}
	bytes := map[string]*[2]float64{} // per operation, by function
	var names []string
	for i, p := range sides {
		if p == nil || p.Summary.Outside == nil || p.Calls == 0 {
			continue
		}
		perOp := func(bytes int64) float64 { return float64(bytes) / float64(p.Calls) }
		for _, f := range p.Summary.Outside.Functions {
			if bytes[f.Name] == nil {
				bytes[f.Name] = new([2]float64)
				names = append(names, f.Name)
			}
			bytes[f.Name][i] = perOp(f.Flat.AllocSpace)
		}
		out.Total.Values[i] = words.Bytes(perOp(p.Summary.Outside.Totals.AllocSpace))
	}
	slices.SortStableFunc(names, func(a, b string) int {
		return cmp.Compare(max(bytes[b][0], bytes[b][1]), max(bytes[a][0], bytes[a][1]))
	})
	for _, name := range names[:min(len(names), outsideLines)] {
		line := OutsideLine{Function: name}
		for i, p := range sides {
			switch {
			case out.Total.Values[i] == "":
			case bytes[name][i] == 0 && p.Summary.Outside.Omitted > 0: // it may be one of the omitted functions
				line.Values[i] = words.None
			default:
				line.Values[i] = words.Bytes(bytes[name][i])
			}
		}
		out.Lines = append(out.Lines, line)
	}
	return out
}
