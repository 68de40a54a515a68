package views

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"heaplab/profiler"
	"heaplab/profiler/report"
	"heaplab/profiler/words"
)

// A curveChart is a quantity per epoch of the fits of all variants. Its box is 1000 wide
// and 1000 high, with y downwards, and is stretched to the available space.
type curveChart struct {
	Title  string
	Lines  []curve
	YTicks []tick
	XTicks []tick
	Label  string // the chart in words
}

// A curve is the line of one variant.
type curve struct {
	Variant string
	Role    string // as of a bar
	Path    string // SVG path data
	Dots    []dot
}

// A dot is a point in percent of the chart.
type dot struct{ X, Y float64 }

// A tick is a label on an axis, in percent.
type tick struct {
	At    float64
	Label string
}

// lossCurves draws the mean loss of every epoch; its scale starts at 0.
func lossCurves(r report.Report, after string) curveChart {
	top := 0.0
	for _, i := range report.Fitted(r) {
		for _, e := range r.Variants[i].Fit.Epochs {
			if words.Finite(e.Loss) {
				top = math.Max(top, e.Loss)
			}
		}
	}
	return newCurveChart("Loss", r, after, ceiling(top), words.Figures, func(e profiler.Epoch) float64 { return e.Loss })
}

// accuracyCurves draws the accuracy of every epoch on a scale from 0 to 100%.
func accuracyCurves(r report.Report, after string) curveChart {
	share := func(v float64) string { return strconv.Itoa(int(math.Round(v*100))) + "%" }
	return newCurveChart("Accuracy", r, after, 1, share, func(e profiler.Epoch) float64 { return e.Accuracy })
}

func newCurveChart(title string, r report.Report, after string, top float64, write func(float64) string, of func(profiler.Epoch) float64) curveChart {
	chart := curveChart{Title: title}
	var texts []string
	epochs := 0
	for _, i := range report.Fitted(r) {
		epochs = max(epochs, len(r.Variants[i].Fit.Epochs))
	}
	for _, i := range report.Fitted(r) {
		v := r.Variants[i]
		line := curve{Variant: v.Name, Role: role(r, i, after)}
		var path strings.Builder
		for n, e := range v.Fit.Epochs {
			d := dot{X: along(n, epochs), Y: 100}
			if words.Finite(of(e)) && top > 0 {
				d.Y = 100 - 100*math.Min(math.Max(of(e)/top, 0), 1)
			}
			command := "L"
			if n == 0 {
				command = "M"
			}
			fmt.Fprintf(&path, "%s%.1f %.1f", command, d.X*10, d.Y*10)
			line.Dots = append(line.Dots, d)
		}
		line.Path = path.String()
		chart.Lines = append(chart.Lines, line)
		first, last := v.Fit.Epochs[0], v.Fit.Epochs[len(v.Fit.Epochs)-1]
		texts = append(texts, fmt.Sprintf("%s from %s to %s", words.Plain(v.Name), write(of(first)), write(of(last))))
	}
	for _, part := range []float64{0, 0.5, 1} {
		chart.YTicks = append(chart.YTicks, tick{At: 100 - 100*part, Label: write(top * part)})
	}
	chart.XTicks = epochTicks(epochs)
	chart.Label = fmt.Sprintf("%s over %s: %s", title, words.Plural(epochs, "epoch"), strings.Join(texts, ", "))
	return chart
}

// along returns the position of an epoch on the x axis.
func along(n, epochs int) float64 {
	if epochs < 2 {
		return 50
	}
	return 100 * float64(n) / float64(epochs-1)
}

// epochTicks returns about five epochs, counted from 1, with the first and the last.
func epochTicks(epochs int) []tick {
	var ticks []tick
	step := max(1, (epochs-1+3)/4)
	for n := 0; n < epochs; n += step {
		ticks = append(ticks, tick{At: along(n, epochs), Label: strconv.Itoa(n + 1)})
	}
	if last := epochs - 1; last > 0 && last%step != 0 {
		if last%step <= step/2 {
			ticks = ticks[:len(ticks)-1]
		}
		ticks = append(ticks, tick{At: 100, Label: strconv.Itoa(epochs)})
	}
	return ticks
}

// ceiling returns the next round number: 1, 2, 2.5 or 5 times a power of ten.
func ceiling(v float64) float64 {
	if v <= 0 {
		return 1
	}
	power := math.Pow(10, math.Floor(math.Log10(v)))
	for _, step := range []float64{1, 2, 2.5, 5} {
		if v <= step*power {
			return step * power
		}
	}
	return 10 * power
}
