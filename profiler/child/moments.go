package child

import (
	"math"
	"time"

	"heaplab/profiler"
)

// A moment is one sample of a process's memory, in bytes.
type moment struct {
	at                     time.Duration // since the first sample
	heap, live, anon, file int64
}

// values returns the values of the four series.
func (m *moment) values() [4]float64 {
	return [4]float64{float64(m.heap), float64(m.live), float64(m.anon), float64(m.file)}
}

// keptMoments is the number of points that a timeline keeps. A chart is about as many pixels wide.
const keptMoments = 400

// newTimeline returns a timeline of at most keptMoments of the moments, which show the shape of the
// curves. The caller sets the interval, operations, mark and cost.
func newTimeline(moments []moment) *profiler.Timeline {
	t := &profiler.Timeline{Samples: len(moments)}
	for _, i := range largestTriangles(moments, keptMoments) {
		m := &moments[i]
		t.T = append(t.T, math.Round(m.at.Seconds()*1e6)/1e3)
		t.Heap = append(t.Heap, m.heap)
		t.Live = append(t.Live, m.live)
		t.Anon = append(t.Anon, m.anon)
		t.File = append(t.File, m.file)
	}
	return t
}

// largestTriangles picks at most n of the moments, including the first and the last, and returns their
// indexes in order. It uses largest-triangle-three-buckets (Steinarsson: Downsampling Time Series for
// Visual Representation, 2013, section 4.2): from each bucket it picks the moment that forms the
// largest triangle with the moment picked before and the mean of the next bucket. The area of a moment
// is the sum over the four series, each scaled by its own range, so that all series keep their peaks.
func largestTriangles(moments []moment, n int) []int {
	if len(moments) <= n {
		all := make([]int, len(moments))
		for i := range all {
			all[i] = i
		}
		return all
	}
	scale := scales(moments)
	picked := []int{0}
	width := float64(len(moments)-2) / float64(n-2) // of a bucket
	start := func(bucket int) int { return min(1+int(float64(bucket)*width), len(moments)-1) }
	for i := range n - 2 {
		lo, hi := start(i), start(i+1)
		next := mean(moments[hi:max(hi+1, start(i+2))])
		last := &moments[picked[len(picked)-1]]
		best, largest := lo, -1.0
		for j := lo; j < hi; j++ {
			if area := triangles(last, &moments[j], &next, scale); area > largest {
				best, largest = j, area
			}
		}
		picked = append(picked, best)
	}
	return append(picked, len(moments)-1)
}

// scales returns 1 divided by the range of each series, or 0 for a series that does not change.
func scales(moments []moment) (scale [4]float64) {
	lo, hi := moments[0].values(), moments[0].values()
	for i := range moments {
		for s, v := range moments[i].values() {
			lo[s], hi[s] = min(lo[s], v), max(hi[s], v)
		}
	}
	for s := range scale {
		if hi[s] > lo[s] {
			scale[s] = 1 / (hi[s] - lo[s])
		}
	}
	return scale
}

// mean returns the mean of the moments.
func mean(moments []moment) moment {
	var sum moment
	for _, m := range moments {
		sum.at += m.at
		sum.heap += m.heap
		sum.live += m.live
		sum.anon += m.anon
		sum.file += m.file
	}
	n := int64(len(moments))
	return moment{sum.at / time.Duration(n), sum.heap / n, sum.live / n, sum.anon / n, sum.file / n}
}

// triangles returns the sum of the areas of the triangles that three moments form in the four series.
func triangles(a, b, c *moment, scale [4]float64) (area float64) {
	va, vb, vc := a.values(), b.values(), c.values()
	ab, ac := (b.at - a.at).Seconds(), (c.at - a.at).Seconds()
	for s := range scale {
		area += math.Abs(ab*(vc[s]-va[s])-ac*(vb[s]-va[s])) / 2 * scale[s]
	}
	return area
}
