package report

import (
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"heaplab/profiler"
)

// A Calibration holds the noise of a case on a machine. It comes from measuring the baseline
// with itself.
type Calibration struct {
	Experiment int64              `json:"experiment" doc:"id of the calibration"`
	At         time.Time          `json:"at"`
	Runs       int                `json:"runs"`
	Same       bool               `json:"same" doc:"it ran under the conditions of this experiment. False only in the report of the calibration itself, and in experiments that an older version judged"`
	Notes      []string           `json:"notes,omitempty" doc:"why its runs are hard to compare. If there are any, it applies only once somebody has accepted it"`
	Accepted   time.Time          `json:"accepted,omitzero" doc:"when somebody accepted it in spite of the notes"`
	Floors     map[string]float64 `json:"floors" doc:"by unit: the largest change that noise alone explains, as a share of the baseline"`
}

// Applies reports whether the noise floors may be used: the machine was not busy, or somebody has
// accepted them.
func (c *Calibration) Applies() bool { return len(c.Notes) == 0 || !c.Accepted.IsZero() }

// CalibrationRounds is the default number of rounds of a calibration. It is four times that of an
// experiment, to catch disturbances that only some experiments meet.
const CalibrationRounds = 24

const (
	resamples      = 1000 // comparisons drawn from the runs of a calibration
	resampleRounds = 6    // rounds of each of these comparisons; experiments have as many by default
	floorQuantile  = 0.95 // share of the comparisons that stay within the noise floor

	// MinCalibrationRounds is the number of rounds that one drawn comparison needs.
	MinCalibrationRounds = resampleRounds
)

// NewCalibration returns the result of a calibration that has ended.
func NewCalibration(e profiler.Experiment, runs []profiler.Run) *Calibration {
	return NewReport(e, runs, nil).Calibration
}

// newCalibration returns the noise floors that the calibration e measured. The samples of its
// baseline must be in the order of the runs. A unit has no floor if its median is 0 or if it has
// too few values.
func newCalibration(e profiler.Experiment, baseline map[string][]float64) *Calibration {
	c := &Calibration{Experiment: e.ID, At: e.Finished, Floors: map[string]float64{}}
	for unit, values := range baseline {
		c.Runs = max(c.Runs, len(values))
		if floor, ok := noiseFloor(profiler.LookupUnit(unit), values); ok {
			c.Floors[unit] = floor
		}
	}
	return c
}

// noiseFloor returns the relative change that 95 of 100 comparisons of a variant with itself do
// not exceed. ok is false if there are too few values or the median is 0.
//
// It draws the comparisons from the runs of the variant. Each comparison takes consecutive runs,
// as many as an experiment has, and assigns the two runs of a round to the two sides at random.
// So drift of the machine affects it as it affects an experiment. The seed is fixed: the same
// runs always give the same floor.
func noiseFloor(u profiler.Unit, values []float64) (floor float64, ok bool) {
	const n = resampleRounds
	if len(values) < 2*n || slices.Min(values) < 0 || median(values) == 0 {
		return 0, false
	}
	random := rand.New(rand.NewPCG(1, 2))
	before, after := make([]float64, n), make([]float64, n)
	var changes []float64
	for range resamples {
		first := 2 * random.IntN(len(values)/2-n+1)
		for i := range n {
			a, b := values[first+2*i], values[first+2*i+1]
			if random.IntN(2) == 1 {
				a, b = b, a
			}
			before[i], after[i] = a, b
		}
		if b := median(before); b > 0 {
			changes = append(changes, changeBound(u, before, after)/b)
		}
	}
	if len(changes) == 0 {
		return 0, false
	}
	slices.Sort(changes)
	floor = changes[int(floorQuantile*float64(len(changes)))]
	return floor, !math.IsInf(floor, 0) // JSON cannot hold an infinity
}

// changeBound returns an upper bound of the change between two samples: the far end of its
// confidence interval. Two samples are the same if this end lies within the floor. Verdicts about
// exact units do not use intervals, so their bound is the change of the medians.
func changeBound(u profiler.Unit, before, after []float64) float64 {
	if u.Exact {
		return math.Abs(median(after) - median(before))
	}
	lo, hi := shift(before, after)
	return math.Max(math.Abs(float64(lo)), math.Abs(float64(hi)))
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

// floor returns the smallest relative change of a unit that can be better or worse, and whether
// the calibration measured it. Exact units have a defined floor; only a larger measured one
// replaces it.
func (c *Calibration) floor(u profiler.Unit) (floor float64, measured bool) {
	if c == nil {
		return u.Floor, false
	}
	floor, measured = c.Floors[u.Name]
	if !measured || u.Exact && floor < u.Floor {
		return u.Floor, false
	}
	return floor, true
}
