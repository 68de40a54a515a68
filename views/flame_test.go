package views

import (
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"heaplab/profiler/heap"
)

// drawn writes a line for each frame: row, from, to in percent, name, note and class.
func drawn(f flame) []string {
	var lines []string
	for _, frame := range f.Frames {
		parts := []string{strings.Repeat(" ", frame.Row) + frame.Name, percent(frame.X), percent(frame.Width), frame.Class}
		if frame.Note != "" {
			parts = append(parts, frame.Note)
		}
		lines = append(lines, strings.Join(parts, " | "))
	}
	return lines
}

func TestFlame(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(*ProfileQuery)
		want   []string
	}{
		{"both", func(*ProfileQuery) {}, []string{
			"all | 0.00% | 100.00% | less-5 | ▼ −59.7%",
			" main | 0.00% | 100.00% | less-5 | ▼ −59.7%",
			"  serve | 0.00% | 100.00% | less-5 | ▼ −59.7%",
			"   decode | 0.00% | 74.70% | less-5 | ▼ −82.1%",
			"   encode | 74.70% | 24.10% | same",
			"    | 98.80% | 1.20% | same thin",
			"    json.(*Decoder).refill | 0.00% | 48.19% | less-5 | ✕ gone",
			"    json.(*Decoder).val… | 48.19% | 19.28% | less-3 | ▼ −75.0%",
			"    sync.(*Po… | 67.47% | 7.23% | more-2",
			"    bytes.growSlice | 74.70% | 24.10% | same",
		}},
		{"only what changed", func(q *ProfileQuery) { q.Width = WidthChange }, []string{
			"all | 0.00% | 100.00% | less-5 | ▼ −59.7%",
			" main | 0.00% | 100.00% | less-5 | ▼ −59.7%",
			"  serve | 0.00% | 100.00% | less-5 | ▼ −59.7%",
			"   decode | 0.00% | 100.00% | less-5 | ▼ −82.1%",
			"    json.(*Decoder).refill | 0.00% | 68.97% | less-5 | ✕ gone",
			"    json.(*Decoder).value | 68.97% | 20.69% | less-3 | ▼ −75.0%",
			"    sync.(*… | 89.66% | 10.34% | more-2 | + new",
		}},
		{"focus and search", func(q *ProfileQuery) { q.Focus, q.Search = "decode", "Pool" }, []string{
			"main | 0.00% | 100.00% | less-5 | ▼ −82.1%",
			" serve | 0.00% | 100.00% | less-5 | ▼ −82.1%",
			"  decode | 0.00% | 100.00% | less-5 | ▼ −82.1%",
			"   json.(*Decoder).refill | 0.00% | 64.52% | less-5 | ✕ gone",
			"   json.(*Decoder).value | 64.52% | 25.81% | less-3 | ▼ −75.0%",
			"   sync.(… | 90.32% | 9.68% | more-2 match | + new",
		}},
		{"depth", func(q *ProfileQuery) { q.Depth = 1 }, []string{
			"all | 0.00% | 100.00% | less-5 | ▼ −59.7%",
			" main | 0.00% | 100.00% | less-5 | ▼ −59.7%",
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, drawn(newFlame(testProfilePage(test.change)))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestFlameFits checks that in every state frames lie within their parents and do not overlap.
func TestFlameFits(t *testing.T) {
	for _, width := range []string{WidthBoth, WidthBefore, WidthAfter, WidthChange} {
		for _, per := range []string{PerOp, PerTotal, PerShare} {
			for _, focus := range []string{"", "decode", "main"} {
				f := newFlame(testProfilePage(func(q *ProfileQuery) { q.Width, q.Per, q.Focus = width, per, focus }))
				rows := make([]float64, f.Rows) // where the last frame of each ends
				for _, frame := range f.Frames {
					if frame.X < rows[frame.Row]-1e-9 || frame.X+frame.Width > 100+1e-9 || frame.Width <= 0 {
						t.Errorf("%s, %s, focus %q: frame %s of row %d is at %v to %v, behind %v", width, per, focus, frame.Name, frame.Row, frame.X, frame.X+frame.Width, rows[frame.Row])
					}
					rows[frame.Row] = frame.X + frame.Width
				}
				if f.Rows == 0 || math.Abs(rows[0]) < 1 {
					t.Errorf("%s, %s, focus %q: nothing is drawn", width, per, focus)
				}
			}
		}
	}
}

// TestFoldedFrames has calls that are too narrow to draw, below a function that also allocates itself.
// Together they are as wide as the sum of their weights.
func TestFoldedFrames(t *testing.T) {
	p := testProfilePage(func(*ProfileQuery) {})
	before := digestOf(map[string]int64{"main": 5_000_000, "main;big": 5_000_000, "main;a": 20_000, "main;b": 20_000, "main;c": 20_000})
	p.Diff = heap.NewDiff(before, before)
	p.Graph = p.Diff.Graph(p.Selection)
	f := newFlameIn(p, 200, fine)
	last := f.Frames[len(f.Frames)-1]
	if f.Folded != 3 || math.Abs(last.Width-100*60_000/10_060_000.0) > 0.01 {
		t.Errorf("%d calls are folded, %v %% wide", f.Folded, last.Width)
	}
}

// TestReadings has equal values per operation for different numbers of operations.
func TestReadings(t *testing.T) {
	p := testProfilePage(func(*ProfileQuery) {})
	p.Sides = [2]ProfileSide{{Name: "a", Calls: 1000}, {Name: "b", Calls: 49}}
	p.Diff = heap.NewDiff(digestOf(map[string]int64{"f": 112 * 1000}), digestOf(map[string]int64{"f": 112 * 49}))
	p.Graph = p.Diff.Graph(p.Selection)
	if got := newReading(p).sentence(p.Graph.Callees); got != "112 B/op before and after" {
		t.Errorf("per operation: %q", got)
	}
	p.Query.Per = PerTotal
	if r := newReading(p); r.noise(112*1000, 112*49) {
		t.Errorf("totals of other numbers of operations are called noise")
	}
	p.Query.Per, p.Query.Type = PerOp, heap.InuseSpace
	if r := newReading(p); r.noise(1<<20, 57<<20) {
		t.Error("57 MiB in use instead of 1 are called noise")
	}
	p.Query.Per, p.Query.Type = PerShare, heap.AllocSpace
	if top := newTop(p); top.Rows[0].Share != 0 {
		t.Errorf("share of no change: %v", top.Rows[0].Share)
	}
}

func TestSentence(t *testing.T) {
	perOp := newReading(testProfilePage(func(*ProfileQuery) {}))
	sampled := testProfilePage(func(q *ProfileQuery) { q.Per = PerTotal })
	sampled.Sides = [2]ProfileSide{{Name: "a", Period: 512 << 10}, {Name: "b", Period: 512 << 10}}
	const mib = 1 << 20
	for _, test := range []struct {
		reading       reading
		before, after int64
		hidden        [2]bool
		want          string
	}{
		{perOp, 250 * mib, 1000 * mib, [2]bool{}, "was 25 MiB/op, now 50 MiB/op (+25 MiB/op, × 2)"},
		{perOp, 250 * mib, 0, [2]bool{}, "was 25 MiB/op, now 0 (gone)"},
		{perOp, 0, 20 * mib, [2]bool{}, "new: now 1 MiB/op"},
		{perOp, 0, 20 * mib, [2]bool{true, false}, "now 1 MiB/op; unknown before: small paths are not stored"},
		{perOp, 10 * mib, 20 * mib, [2]bool{}, "1 MiB/op before and after"},
		{perOp, 10 * mib, 20*mib + 100, [2]bool{}, "was 1 MiB/op, now 1.00 MiB/op (+5 B/op, within the noise)"},
		{perOp, 1000 * mib, 20, [2]bool{}, "was 100 MiB/op, now 1 B/op (−100.0 MiB/op, −99.99%)"},
		// Of 16 and 11 MiB at one sample in 512 KiB, 54 samples, two standard deviations are 7.3 MiB.
		{newReading(sampled), 16 * mib, 11 * mib, [2]bool{}, "was 16 MiB, now 11 MiB (−5 MiB, within the noise)"},
		{newReading(sampled), 16 * mib, 8 * mib, [2]bool{}, "was 16 MiB, now 8 MiB (−8 MiB, × 0.50)"},
		{newReading(sampled), 1 * mib, 0, [2]bool{}, "was 1 MiB, now 0 B: few samples, may be noise"},
	} {
		f := &heap.Frame{Before: test.before, After: test.after, HiddenBefore: test.hidden[0], HiddenAfter: test.hidden[1]}
		if got := test.reading.sentence(f); got != test.want {
			t.Errorf("%d → %d: %q, want %q", test.before, test.after, got, test.want)
		}
	}
}

func TestTop(t *testing.T) {
	table := newTop(testProfilePage(func(*ProfileQuery) {}))
	var names []string
	sum, share := 0.0, 0.0
	for _, row := range table.Rows {
		names = append(names, row.Name+" "+row.Chip)
		sum += row.Flat.delta()
		share += row.Share
	}
	want := []string{"(*Decoder).refill gone", "(*Decoder).value −75.0%", "(*Pool).pinSlow new", "decode –", "main –", "serve –", "growSlice 0%", "encode –", "log 0%"}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	if math.Abs(sum-table.Total.Flat.delta()) > 1 || math.Abs(share-1) > 1e-9 {
		t.Errorf("the changes sum to %v of %v, the shares to %v", sum, table.Total.Flat.delta(), share)
	}
	if want := "The top 3 functions explain all of the change."; table.Says != want {
		t.Errorf("says %q, want %q", table.Says, want)
	}
	if row := table.Rows[1]; row.Size != (sides{16, 16}) {
		t.Errorf("mean size of %s: %v", row.Name, row.Size)
	}
}

func TestTopByPackage(t *testing.T) {
	p := testProfilePage(func(q *ProfileQuery) { q.By = ByPackage })
	var rows []string
	for _, row := range newTop(p).Rows {
		rows = append(rows, row.Full+" "+row.Chip)
	}
	want := []string{"example.com/json −92.9%", "sync new", "bytes 0%", "log 0%"}
	if diff := cmp.Diff(want, rows); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	if got, want := string(p.rowLink("example.com/json")), "/experiments/42/profile?package=example.com%2Fjson#graph"; got != want {
		t.Errorf("a package leads to %s, want %s", got, want)
	}
}

// The functions of all packages together are all functions, each once, and have the values of the package.
func TestPackageLinks(t *testing.T) {
	all := testProfilePage(func(*ProfileQuery) {})
	seen := map[string]bool{}
	for _, pkg := range newTop(testProfilePage(func(q *ProfileQuery) { q.By, q.All = ByPackage, true })).Rows {
		p := testProfilePage(func(q *ProfileQuery) { q.Package, q.All = pkg.Full, true })
		var sum sides
		for _, row := range newTop(p).Rows {
			if seen[row.Full] {
				t.Errorf("%s is in two packages", row.Full)
			}
			seen[row.Full] = true
			sum.before += row.Flat.before
			sum.after += row.Flat.after
		}
		if sum != pkg.Flat {
			t.Errorf("the functions of %s have %v, want %v", pkg.Full, sum, pkg.Flat)
		}
		if !p.changed() || p.URL(func(*ProfileQuery) {}) == all.Path || p.reset() != all.URL(func(q *ProfileQuery) { q.All = false }) {
			t.Errorf("address %s, without the package %s", p.URL(func(*ProfileQuery) {}), p.reset())
		}
	}
	for _, row := range newTop(testProfilePage(func(q *ProfileQuery) { q.All = true })).Rows {
		if !seen[row.Full] && row.Flat != (sides{}) {
			t.Errorf("%s is in no package", row.Full)
		}
	}
	none := testProfilePage(func(q *ProfileQuery) { q.View, q.Package = ViewTop, "no <such>\u202e" })
	if got := emptyTop(none); len(newTop(none).Rows) > 0 || got != `Neither profile has functions of no <such>\u202e.` {
		t.Errorf("an unknown package: %q", got)
	}
}

func TestAddress(t *testing.T) {
	p := testProfilePage(func(q *ProfileQuery) { q.Search = "a b" })
	if got := p.URL(func(q *ProfileQuery) { q.Search = "" }); got != "/experiments/42/profile" {
		t.Errorf("of the defaults: %s", got)
	}
	got := p.URL(func(q *ProfileQuery) { q.Focus, q.Width, q.Depth = "x.(*T[...]).F&", WidthChange, 3 })
	if want := "/experiments/42/profile?depth=3&focus=x.%28%2AT%5B...%5D%29.F%26&q=a+b&width=change"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := string(p.frameLink()("f&g")), "/experiments/42/profile?focus=f%26g&q=a+b#graph"; got != want {
		t.Errorf("link of a frame: %s, want %s", got, want)
	}
}
