package report

import (
	"heaplab/profiler"
	"math"
	"math/rand/v2"
	"slices"
	"time"
)

// A Calibration is what is known of the noise of a case on a machine, from measuring the
// baseline against itself.
type Calibration struct {
	Experiment int64              `json:"experiment" doc:"id of the calibration"`
	At         time.Time          `json:"at"`
	Runs       int                `json:"runs"`
	Same       bool               `json:"same" doc:"it ran with the params, the settings and the program of this experiment; otherwise with others"`
	Notes      []string           `json:"notes,omitempty" doc:"what made its runs hard to compare"`
	Floors     map[string]float64 `json:"floors" doc:"by unit: the change that noise alone cannot be told from, as a share of the baseline"`
}

// CalibrationRounds is the default number of rounds of a calibration: four times as many as an
// experiment has, to see disturbances that only some experiments meet.
const CalibrationRounds = 24

const (
	redraws       = 1000 // of comparisons from the runs of a calibration
	redrawnRounds = 6    // rounds that each of them has, as experiments do by default
	mostRedraws   = 0.95 // share of them that a floor is not exceeded by
	// MinCalibrationRounds is how many rounds it takes to draw one comparison.
	MinCalibrationRounds = redrawnRounds
)

// NewCalibration computes the noise floors of the experiment e, a calibration, from the
// samples of its baseline in the order of the runs. Units whose median is 0 have none, and
// neither have those of a calibration that ended before it had enough runs.
func NewCalibration(e profiler.Experiment, baseline map[string][]float64) *Calibration {
	c := &Calibration{Experiment: e.ID, At: e.Finished, Floors: map[string]float64{}}
	for unit, values := range baseline {
		c.Runs = max(c.Runs, len(values))
		if floor, ok := noiseFloor(profiler.LookupUnit(unit), values); ok {
			c.Floors[unit] = floor
		}
	}
	return c
}

// noiseFloor draws comparisons anew from the runs of one variant and returns the relative change
// that 95 of 100 of them leave possible at the most, or false where there is none to speak of.
// Each takes as many runs in a row as an experiment has and deals the two of every round out to
// the two sides at random: drift of the machine then does to them what it does to an
// experiment. They are drawn from a fixed seed: the same runs always give the same floor.
func noiseFloor(u profiler.Unit, values []float64) (floor float64, ok bool) {
	const n = redrawnRounds
	if len(values) < 2*n || slices.Min(values) < 0 || median(values) == 0 {
		return 0, false
	}
	random := rand.New(rand.NewPCG(1, 2))
	before, after := make([]float64, n), make([]float64, n)
	var reached []float64
	for range redraws {
		first := 2 * random.IntN(len(values)/2-n+1)
		for i := range n {
			a, b := values[first+2*i], values[first+2*i+1]
			if random.IntN(2) == 1 {
				a, b = b, a
			}
			before[i], after[i] = a, b
		}
		if b := median(before); b > 0 {
			reached = append(reached, reach(u, before, after)/b)
		}
	}
	if len(reached) == 0 {
		return 0, false
	}
	slices.Sort(reached)
	return reached[int(mostRedraws*float64(len(reached)))], true
}

// reach is how large the change between two samples may be: up to the far end of its interval,
// which is also what must lie inside the floor for the two to be the same. A change that is
// larger than that can be told from noise. Exact units are not decided by intervals: what counts
// of them is the change of medians.
func reach(u profiler.Unit, before, after []float64) float64 {
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

// floorOf is the relative change of a unit below which nothing is claimed, and whether a
// calibration measured it. Exact units have theirs by definition, and only noise that is
// larger replaces it.
func (c *Calibration) floorOf(u profiler.Unit) (floor float64, measured bool) {
	if c == nil {
		return u.Floor, false
	}
	floor, measured = c.Floors[u.Name]
	if !measured || u.Exact && floor < u.Floor {
		return u.Floor, false
	}
	return floor, true
}

// SameConditions reports whether a calibration ran with the params and settings of e and with the
// same program. The numbers of rounds do not matter.
func SameConditions(e, calibration profiler.Experiment) bool {
	a, b := e.Config, calibration.Config
	for _, key := range []string{"toolchain", "commit"} {
		if e.Environment[key] != calibration.Environment[key] {
			return false
		}
	}
	return e.Design.Params.String() == calibration.Design.Params.String() && a.Benchtime == b.Benchtime &&
		a.GOGC == b.GOGC && a.GOMEMLIMIT == b.GOMEMLIMIT && a.GOMAXPROCS == b.GOMAXPROCS
}
