package main

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"heaplab/profiler"
	"heaplab/profiler/child"
	"heaplab/profiler/report"
)

// A result is the result of all comparisons.
type result struct {
	settings     settings
	config       profiler.Config
	started      time.Time
	took         time.Duration
	computing    float64 // share of an operation's time that its steps take
	truths       []truth
	calibrations []*report.Calibration // calibrations that comparisons used
	recalibrated int                   // calibrations repeated because the machine was busy
	aside        int                   // comparisons repeated because the machine was busy or its noise changed
	runs         []profiler.Run
	quietRuns    int      // the first runs, before the machine was made busy
	busyFloor    float64  // noise floor of time on the busy machine, as a share
	busyNotes    []string // why the calibration on the busy machine would not apply by itself
}

// passed reports whether all comparisons were done and the share of each verdict is within its limits.
func (r *result) passed() bool {
	for _, t := range r.truths {
		for _, q := range t.questions {
			if q.asked < t.n || q.asked > 0 && !q.holds() {
				return false
			}
		}
	}
	return true
}

// String returns the report as plain text.
func (r *result) String() string {
	var b strings.Builder
	env := child.Environ(r.config)
	fmt.Fprintf(&b, "Verdicts against known truths, %s\n\n", r.started.UTC().Format("2006-01-02 15:04 MST"))
	fmt.Fprintf(&b, "machine   %s, %s processors, Linux %s, %s\n", env["cpu"], env["cpu-count"], env["kernel"], env["toolchain"])
	s := r.settings
	fmt.Fprintf(&b, "command   -aa %d -bytes %d -live %d -slow %d -order %d -added %d -loaded %d -benchtime %s\n",
		s.Same, s.Bytes, s.Live, s.Slow, s.Order, s.Added, s.Loaded, s.Benchtime)
	fmt.Fprintf(&b, "each of   %d rounds, if not stated; a calibration of %d rounds before and after every %d comparisons, %d in all\n", rounds, r.settings.Rounds, between, len(r.calibrations))
	fmt.Fprintf(&b, "operation %s of its time are steps, whose number makes it slower\n", percent(r.computing))
	for _, unit := range known.Primary {
		fmt.Fprintf(&b, "floor of  %s\n", r.floors(unit))
	}
	b.WriteString("\n")
	r.table(&b)
	others, steal := busy(r.runs[:r.quietRuns])
	fmt.Fprintf(&b, "\n%d comparisons of times and %d calibrations were set aside, because the machine was busy or its noise changed by more than a factor of 2\n", r.aside, r.recalibrated)
	fmt.Fprintf(&b, "%d runs in %v; meanwhile other processes took %s of the processors, and other machines %s\n",
		len(r.runs), r.took.Round(time.Second), percent(others), percent(steal))
	if s.Loaded > 0 {
		others, _ := busy(r.runs[r.quietRuns:])
		fmt.Fprintf(&b, "busy machine: other threads took %s of the processors; floor of ns/op there: %s\n", percent(others), percent(r.busyFloor))
		fmt.Fprintf(&b, "its calibration does not apply until somebody accepts it: %t\n", len(r.busyNotes) > 0)
	}
	return b.String()
}

// floors describes the noise floors of a unit in all calibrations: the median, the minimum and the
// maximum. Exact units also have a defined least floor.
func (r *result) floors(unit string) string {
	var found []float64
	for _, c := range r.calibrations {
		if floor, ok := c.Floors[unit]; ok {
			found = append(found, 100*floor)
		}
	}
	if len(found) == 0 {
		return unit + ": none was measured"
	}
	slices.Sort(found)
	text := fmt.Sprintf("%s: %.3f%% measured, from %.3f to %.3f%%", unit, found[len(found)/2], found[0], found[len(found)-1])
	if u := profiler.LookupUnit(unit); u.Exact {
		text += fmt.Sprintf("; at least %.1f%%", 100*u.Floor)
	}
	return text
}

// table writes one line for each question.
func (r *result) table(b *strings.Builder) {
	w := tabwriter.NewWriter(b, 0, 0, 1, ' ', tabwriter.Debug)
	fmt.Fprintln(w, "comparison\t n\t found\t share\t expected\t ok")
	for _, t := range r.truths {
		for _, q := range t.questions {
			share, ok := "", ""
			switch {
			case q.asked == 0:
			case q.holds():
				share, ok = percent(q.share()), "yes"
			default:
				share, ok = percent(q.share()), "NO"
			}
			expected := fmt.Sprintf("at most %.0f%%", 100*q.most)
			if q.least > 0 {
				expected = fmt.Sprintf("at least %.0f%%", 100*q.least)
			}
			fmt.Fprintf(w, "%s\t %d\t %d\t %s\t %s\t %s\n", q.text, q.asked, q.answered, share, expected, ok)
		}
	}
	_ = w.Flush() // a strings.Builder returns no error
}

func percent(share float64) string { return fmt.Sprintf("%.1f%%", 100*share) }

// busy returns the shares of all processors that other processes and other machines took during runs.
func busy(runs []profiler.Run) (others, steal float64) {
	var took, other, stolen time.Duration
	for i := range runs {
		took += runs[i].Duration
		other += runs[i].Others
		stolen += runs[i].Steal
	}
	if took == 0 {
		return 0, 0
	}
	all := took.Seconds() * float64(runtime.NumCPU())
	return other.Seconds() / all, stolen.Seconds() / all
}
