package cases

import (
	"math"
	"runtime"
	"slices"
	"testing"

	"heaplab/profiler/subject/builtin"
)

// Wherever keys and values are, logits are equal to the bit.
func TestCachesAgree(t *testing.T) {
	p, faults := preallocation.Resolve(map[string]any{"model": "gpt2-tiny", "tokens": 21})
	if faults != nil {
		t.Fatal(faults)
	}
	var want []float32
	for _, v := range preallocation.For(p).Variants {
		if v.Fit != nil {
			t.Errorf("%s has a fit: GPT-2 is not trained", v.Name)
		}
		work, err := v.Setup(builtin.Input{Params: p})
		if err != nil {
			t.Fatal(err)
		}
		defer work.Close()
		l := work.(*language[float32])
		got := l.decoder.Logits(l.text)
		if want == nil {
			want = got
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: the logits differ", v.Name)
		}
	}
}

// What a text allocates: the keys and values of every block at every token, or nothing, but for
// the doubling in the first text.
func TestCacheAllocations(t *testing.T) {
	p, _ := preallocation.Resolve(map[string]any{"model": "gpt2-tiny", "tokens": 33})
	blocks := float64(tiny.shape.Blocks)
	for _, test := range []struct {
		variant           string
		firstOp, steadyOp float64
	}{
		{"fresh", 33 * 2 * blocks, 33 * 2 * blocks},
		{"resize", 7 * 2 * blocks, 0}, // room for 1, 2, 4, … 64 tokens
		{"preallocated", 0, 0},
	} {
		t.Run(test.variant, func(t *testing.T) {
			const works = 5
			var first []builtin.Work
			for range works + 1 {
				work, err := preallocation.Variant(test.variant).Setup(builtin.Input{Params: p})
				if err != nil {
					t.Fatal(err)
				}
				defer work.Close()
				first = append(first, work)
			}
			op := func(work builtin.Work) {
				if err := work.Op(func() {}); err != nil {
					t.Fatal(err)
				}
			}
			next := 0
			firstOp := testing.AllocsPerRun(works, func() { op(first[next]); next++ })
			steadyOp := testing.AllocsPerRun(works, func() { op(first[0]) })
			if firstOp != test.firstOp || steadyOp != test.steadyOp {
				t.Errorf("%v allocations in the first op and %v in others, want %v and %v", firstOp, steadyOp, test.firstOp, test.steadyOp)
			}
		})
	}
}

// A concatenated cache allocates what the formula says, but for the rounding of sizes.
func TestConcatenatedBytes(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector's own memory counts")
	}
	p, _ := preallocation.Resolve(map[string]any{"model": "gpt2-mini", "tokens": 12})
	work, err := preallocation.Baseline().Setup(builtin.Input{Params: p})
	if err != nil {
		t.Fatal(err)
	}
	defer work.Close()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if err := work.Op(func() {}); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	got, want := float64(after.TotalAlloc-before.TotalAlloc), float64(concatenatedBytes(generatedModels[1].shape, 12))
	if got < want || got > 1.1*want {
		t.Errorf("a text allocates %.0f bytes, want %.0f", got, want)
	}
}

// What is alive at the mark is what was predicted.
func TestCacheLivePredictions(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector's own memory counts")
	}
	p, _ := preallocation.Resolve(map[string]any{"model": "gpt2-mini", "tokens": 20})
	ratios := livePredictions(t, &preallocation, p)
	live := liveOf(t, &preallocation, builtin.Input{Params: p})
	for variant, ratio := range ratios {
		if got := live["fresh"] / live[variant]; math.Abs(got/ratio-1) > 0.01 {
			t.Errorf("%s: %.4f times less is alive, predicted was %.4f", variant, got, ratio)
		}
	}
	if got, want := live["resize"], float64(preallocation.Estimate(p).Live); math.Abs(got/want-1) > 0.02 {
		t.Errorf("%.0f bytes are alive of resize, want %.0f", got, want)
	}
}

func TestCacheFaults(t *testing.T) {
	if _, faults := preallocation.Resolve(map[string]any{"model": "gpt2-tiny", "tokens": 65}); faults.For("tokens") == "" {
		t.Errorf("faults = %v", faults)
	}
	if _, faults := preallocation.Resolve(map[string]any{"model": "gpt2-tiny", "tokens": 64, "batch": 32, "examples": 10}); faults != nil {
		t.Errorf("params of the image model count: %v", faults)
	}
}
