package views

import (
	"cmp"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"heaplab/profiler/heap"
	"heaplab/profiler/words"

	"github.com/a-h/templ"
)

// A flame is a flame graph: rows of frames, each below the one that calls it. The geometry is
// in percent of the width, so that text never scales.
type flame struct {
	Rows    int
	Frames  []flameFrame
	Scale   float64 // the largest change of a frame: full colour
	Matched int     // frames that the search matches
	Cut     int     // frames that the limit of depth leaves out
	Folded  int     // frames that are too narrow to be drawn one by one
	Trimmed int     // frames of the outermost rows, which would be nearly empty
	Changed bool    // some frame changed by more than the noise
}

// A flameFrame is a rectangle of a flame graph.
type flameFrame struct {
	X, Width float64 // percent
	Row      int
	Name     string // shortened to fit; "" if nothing fits
	Note     string // the change, such as "▼ −77%", if it fits
	Small    string // the same for a phone: the sign of the change and the start of the name
	Class    string
	Title    string // a sentence
	Focus    string // the function that it links to, or ""
	Root     bool   // it is the whole profile, or the function in focus
}

const (
	nominalWidth = 1100.0 // pixels of a graph on a wide screen, for which texts are shortened
	smallWidth   = 320.0  // pixels of a graph on a phone
	charWidth    = 6.7    // pixels of a character of a name, which has a fixed width
	rowHeight    = 19     // pixels
	colourSteps  = 5      // of a change, from the smallest to the largest
	sliverWidth  = 0.4    // percent of the width; a narrower frame is hard to hit
	readable     = 9      // characters; a shorter name is useless on a narrow screen
)

// A box is a frame with its weight, which becomes its width.
type box struct {
	frame    *heap.Frame
	value    sides
	weight   float64
	children []*box // the largest first; the rest that was too small to keep is last
}

// A detail says what a graph leaves out.
type detail struct {
	narrowest float64 // pixels; a narrower frame is folded with its neighbours
	sparse    float64 // percent of the width; outermost rows whose wider frames sum to less are left out
}

// Details of the graph on its own page, and in a report, which links to it.
var (
	fine   = detail{narrowest: 0.5, sparse: 2}
	coarse = detail{narrowest: 1.5, sparse: 6}
)

// newFlame lays out the graph of a page.
func newFlame(p ProfilePage) flame { return newFlameIn(p, nominalWidth, fine) }

// newFlameIn is newFlame for a width in pixels.
func newFlameIn(p ProfilePage, pixels float64, d detail) flame {
	if p.Graph == nil {
		return flame{}
	}
	l := newLayout(p, pixels)
	l.detail = d
	callees := l.box(p.Graph.Callees)
	var callers *box
	if p.Graph.Callers != nil {
		callers = l.box(p.Graph.Callers)
	}
	if callees.weight <= 0 {
		return flame{}
	}
	l.draw(callees, 0, 100, 0, +1)
	if callers != nil && callers.weight > 0 {
		l.children(callers, 0, 100, 0, -1)
	}
	if p.Query.Depth == 0 {
		l.trim()
	}
	l.placeRows()
	return l.flame
}

// trim removes nearly empty outermost rows: one deep stack would make a graph of a hundred rows.
func (l *layout) trim() {
	drawn := map[int]float64{} // width of each row
	first, last := 0, 0
	for _, f := range l.flame.Frames {
		if f.Width > sliverWidth {
			drawn[f.Row] += f.Width
		}
		first, last = min(first, f.Row), max(last, f.Row)
	}
	for last > 0 && drawn[last] < l.sparse {
		last--
	}
	for first < 0 && drawn[first] < l.sparse {
		first++
	}
	kept := l.flame.Frames[:0]
	for _, f := range l.flame.Frames {
		if f.Row >= first && f.Row <= last {
			kept = append(kept, f)
		}
	}
	l.flame.Trimmed = len(l.flame.Frames) - len(kept)
	l.flame.Frames = kept
}

// placeRows numbers the rows from the top and sorts the frames in reading order. Those of a row were drawn from left to
// right.
func (l *layout) placeRows() {
	top, bottom := 0, -1
	for _, f := range l.flame.Frames {
		top, bottom = min(top, f.Row), max(bottom, f.Row)
		l.flame.Changed = l.flame.Changed || f.Class != "same"
	}
	l.flame.Rows = bottom + 1 - top
	next := make([]int, l.flame.Rows+1) // index of the next frame of each row
	for _, f := range l.flame.Frames {
		next[f.Row-top+1]++
	}
	for row := range l.flame.Rows {
		next[row+1] += next[row]
	}
	sorted := make([]flameFrame, len(l.flame.Frames))
	for _, f := range l.flame.Frames {
		f.Row -= top
		sorted[next[f.Row]] = f
		next[f.Row]++
	}
	l.flame.Frames = sorted
}

type layout struct {
	page    ProfilePage
	reading reading
	colours reading // never of shares, where frames that did not change would turn red
	pixels  float64 // the whole width
	detail
	labels map[int]label // by function
	flame  flame
}

func newLayout(p ProfilePage, pixels float64) *layout {
	l := &layout{page: p, reading: newReading(p), pixels: pixels, labels: map[int]label{}}
	l.colours = l.reading.absolute()
	l.flame.Scale = p.Scale
	if l.flame.Scale == 0 {
		l.flame.Scale = p.largestChange()
	}
	return l
}

// largestChange returns the largest change of any frame of the graph. It has the full colour.
func (p ProfilePage) largestChange() float64 {
	r := newReading(p).absolute()
	largest := 0.0
	var walk func(f *heap.Frame)
	walk = func(f *heap.Frame) {
		largest = math.Max(largest, math.Abs(r.of(f.Change).delta()))
		for _, c := range f.Children {
			walk(c)
		}
	}
	walk(p.Graph.Callees)
	if p.Graph.Callers != nil {
		walk(p.Graph.Callers)
	}
	return largest
}

// box computes the weight of a frame. For both sides and for the change it is the sum of its parts, so
// that a new part and a removed one do not cancel out.
func (l *layout) box(f *heap.Frame) *box {
	own := l.reading.of(f.Own)
	b := &box{frame: f, value: l.reading.of(f.Change)}
	switch l.page.Query.Width {
	case WidthBefore:
		b.weight = own.before
	case WidthAfter:
		b.weight = own.after
	case WidthChange:
		b.weight = math.Abs(own.after - own.before)
	default:
		b.weight = math.Max(own.before, own.after)
	}
	for _, child := range f.Children {
		c := l.box(child)
		b.weight += c.weight
		b.children = append(b.children, c)
	}
	slices.SortStableFunc(b.children, func(x, y *box) int {
		return cmp.Or(isOther(x)-isOther(y), cmp.Compare(y.weight, x.weight))
	})
	return b
}

func isOther(b *box) int {
	if b.frame.Function == heap.Other {
		return 1
	}
	return 0
}

// draw draws a box, and its children in the direction of down.
func (l *layout) draw(b *box, x, width float64, row, down int) {
	l.flame.Frames = append(l.flame.Frames, l.newFrame(b, x, width, row))
	l.children(b, x, width, row, down)
}

func (l *layout) children(b *box, x, width float64, row, down int) {
	if len(b.children) == 0 || b.weight <= 0 {
		return
	}
	row += down
	if depth := l.page.Query.Depth; depth > 0 && max(row, -row) > depth {
		l.flame.Cut += len(b.children)
		return
	}
	var folded []*box
	narrow := 0.0 // of the folded boxes
	from := x
	for _, c := range b.children {
		w := width * c.weight / b.weight
		if w*l.pixels/100 < l.narrowest {
			folded = append(folded, c)
			narrow += w
			continue
		}
		l.draw(c, from, w, row, down)
		from += w
	}
	l.fold(folded, from, narrow, row)
}

// fold draws the boxes that are too narrow as one, if they are wide enough together.
func (l *layout) fold(boxes []*box, x, width float64, row int) {
	l.flame.Folded += len(boxes)
	if len(boxes) == 0 || width*l.pixels/100 < l.narrowest {
		return
	}
	sum := &heap.Frame{Function: heap.Other}
	for _, b := range boxes {
		sum.Add(b.frame.Change)
	}
	f := l.newFrame(&box{frame: sum, value: l.reading.of(sum.Change)}, x, width, row)
	f.Title = words.Plural(len(boxes), "call") + " too narrow to draw: " + l.reading.sentence(sum)
	l.flame.Frames = append(l.flame.Frames, f)
}

func (l *layout) newFrame(b *box, x, width float64, row int) flameFrame {
	f := b.frame
	drawn := flameFrame{X: x, Width: width, Row: row, Class: l.class(b), Root: f == l.page.Graph.Callees}
	name := l.labelOf(f)
	drawn.Title = name.plain + ": " + l.reading.sentence(f)
	if f.Function >= 0 {
		drawn.Focus = name.full
		joined := l.page.Diff.Functions[f.Function]
		if why := joinedTitle(joined); why != "" {
			drawn.Title += " (" + why + ")"
		}
		if l.page.Search != nil && joined.Matches(l.page.Search) {
			drawn.Class += " match"
			l.flame.Matched++
		}
	}
	room := width*l.pixels/100 - 10
	if room < readable*charWidth {
		drawn.Class += " thin"
	}
	note := l.note(b)
	if noteWidth := charWidth * float64(len([]rune(note))+2); room > noteWidth+5*charWidth {
		drawn.Note = note
		room -= noteWidth
	}
	drawn.Name = fit(name.short, int(room/charWidth))
	drawn.Small = small(note, name.short, int((width*smallWidth/100-6)/charWidth))
	return drawn
}

// class returns the colour of a frame: by the size of its change, on the same scale in both
// directions. Noise has no colour.
func (l *layout) class(b *box) string {
	change := l.colours.of(b.frame.Change).delta()
	if b.frame.Function == heap.Other || change == 0 || l.reading.noise(b.frame.Change) || l.flame.Scale == 0 {
		return "same"
	}
	step := int(math.Ceil(math.Sqrt(math.Abs(change)/l.flame.Scale) * colourSteps)) // the square root keeps small changes visible beside the root's
	step = min(max(step, 1), colourSteps)
	if change < 0 {
		step = -step
	}
	return rampClass(colourSteps + step)
}

// Measures of the picture, in pixels.
const (
	pictureWidth = 1120
	pictureHead  = 54
	pictureLine  = 18
)

func pictureTitle(p ProfilePage) string {
	return graphTitle(p) + ": " + words.Plain(p.Report.Title)
}

// pictureLegend is the lines below a picture.
func pictureLegend(p ProfilePage, f flame) []string {
	if len(f.Frames) == 0 {
		return []string{emptyGraph(p)}
	}
	lines := []string{widthLead(p)}
	if p.Query.Focus != "" {
		lines = []string{focusLead(p), widthLead(p)}
	}
	if f.Changed {
		r := newReading(p).absolute()
		lines = append(lines, "Teal, to "+r.signed(-f.Scale)+", is less; vermilion, to "+r.signed(f.Scale)+", more; grey is noise.")
	}
	return lines
}

// rampTitle says which changes a colour of the legend stands for.
func rampTitle(r reading, scale float64, i int) string {
	step := i - colourSteps
	if step == 0 {
		return "no change, or one within the noise"
	}
	bound := func(step int) string { return r.write(scale * float64(step*step) / (colourSteps * colourSteps)) }
	if step < 0 {
		return bound(-step-1) + " to " + bound(-step) + " less"
	}
	return bound(step-1) + " to " + bound(step) + " more"
}

func rampClass(i int) string {
	switch step := i - colourSteps; {
	case step < 0:
		return "less-" + strconv.Itoa(-step)
	case step > 0:
		return "more-" + strconv.Itoa(step)
	}
	return "same"
}

// frameLink returns a func that makes the address of the page with a function in focus. It computes the
// rest of the address once for all frames.
func (p *ProfilePage) frameLink() func(function string) templ.SafeURL {
	const mark = "\x00"
	base := p.URL(func(q *ProfileQuery) { q.Focus, q.View = "", ViewGraph })
	before, after, _ := strings.Cut(p.URL(func(q *ProfileQuery) { q.Focus, q.View = mark, ViewGraph }), url.QueryEscape(mark))
	return func(function string) templ.SafeURL {
		if function == "" {
			return templ.SafeURL(base + "#graph")
		}
		return templ.SafeURL(before + url.QueryEscape(function) + after + "#graph")
	}
}

// flameLabel describes a graph for screen readers.
func flameLabel(p ProfilePage, f flame) string {
	r := newReading(p)
	root := p.Graph.Callees
	what := "all stacks"
	if p.Query.Focus != "" {
		what = words.Plain(p.Query.Focus) + " with its callers above and its callees below"
	}
	return "Flame graph of " + what + ", " + words.Plural(len(f.Frames), "frame") + ": " + r.sentence(root) + ". The table of calls has the same data."
}
