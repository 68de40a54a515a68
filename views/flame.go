package views

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"heaplab/profiler/heap"
	"heaplab/profiler/words"
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
	Trimmed int     // frames of outermost rows in which next to nothing would be drawn
	Changed bool    // some frame changed by more than the noise
}

// A flameFrame is a rectangle of a flame graph.
type flameFrame struct {
	X, Width float64 // percent
	Row      int
	Name     string // shortened to what fits; "" where nothing does
	Note     string // the change, such as "▼ −77%", where it fits
	Small    string // the sign of the change and what fits of the name on a phone
	Class    string
	Title    string // a sentence
	Focus    string // the function that it leads to; "" where it leads nowhere
	Root     bool   // it stands for all that is shown, or for what is in focus
}

const (
	nominalWidth = 1100.0 // pixels of a graph on a wide screen: what fits is decided by it
	smallWidth   = 320.0  // pixels of a graph on a phone
	charWidth    = 6.7    // pixels of a character of a name, which has a fixed width
	rowHeight    = 19     // pixels
	colourSteps  = 5      // of a change, from hardly any to the largest
	sliverWidth  = 0.4    // percent of the width: what is narrower is hard to hit
	readable     = 9      // characters: a shorter name says nothing on a narrow screen
)

// A box is a frame with the weight that its width stands for.
type box struct {
	frame    *heap.Frame
	value    sides
	weight   float64
	children []*box // the heaviest first, the rest that was too small to keep last
}

// A detail is what is left out of a graph.
type detail struct {
	narrowest float64 // pixels; a narrower frame is folded with its neighbours
	sparse    float64 // percent of the width: outermost rows with less than this in wider frames than slivers are left out
}

// Details of the graph on its own page, and of that in a report, which leads to it.
var (
	fine   = detail{narrowest: 0.5, sparse: 2}
	coarse = detail{narrowest: 1.5, sparse: 6}
)

// newFlame lays out the graph of a page.
func newFlame(p ProfilePage) flame { return newFlameIn(p, nominalWidth, fine) }

// newFlameIn does so for a graph of that many pixels.
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
	l.stack()
	return l.flame
}

// trim leaves out the outermost rows in which next to nothing is drawn: a single deep stack
// makes a graph of a hundred rows.
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

// stack numbers the rows from the top, and orders frames as they are read.
func (l *layout) stack() {
	top := 0
	for _, f := range l.flame.Frames {
		top = min(top, f.Row)
	}
	for i := range l.flame.Frames {
		f := &l.flame.Frames[i]
		f.Row -= top
		l.flame.Rows = max(l.flame.Rows, f.Row+1)
		l.flame.Changed = l.flame.Changed || f.Class != "same"
	}
	slices.SortStableFunc(l.flame.Frames, func(a, b flameFrame) int {
		return cmp.Or(cmp.Compare(a.Row, b.Row), cmp.Compare(a.X, b.X))
	})
}

type layout struct {
	page    ProfilePage
	reading reading
	colours reading // of what there is, never of shares: unchanged frames must not turn red
	pixels  float64 // of the whole width
	detail
	flame flame
}

func newLayout(p ProfilePage, pixels float64) *layout {
	l := &layout{page: p, reading: newReading(p), pixels: pixels}
	l.colours = l.reading.absolute()
	l.flame.Scale = p.Scale
	if l.flame.Scale == 0 {
		l.flame.Scale = p.largestChange()
	}
	return l
}

// largestChange is that of any frame of the page's graph: full colour.
func (p ProfilePage) largestChange() float64 {
	r := newReading(p).absolute()
	largest := 0.0
	var walk func(f *heap.Frame)
	walk = func(f *heap.Frame) {
		largest = math.Max(largest, math.Abs(r.of(f.Before, f.After).delta()))
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

// box weighs a frame. Of both sides, or of the change, it weighs what its parts do: a part that
// came and one that went do not cancel out.
func (l *layout) box(f *heap.Frame) *box {
	own := l.reading.of(f.OwnBefore, f.OwnAfter)
	b := &box{frame: f, value: l.reading.of(f.Before, f.After)}
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

// draw draws a box and, in the direction of down, what it leads to.
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
	narrow := 0.0 // width of the folded ones
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

// fold draws the boxes that are too narrow as one, where they are wide enough together.
func (l *layout) fold(boxes []*box, x, width float64, row int) {
	l.flame.Folded += len(boxes)
	if len(boxes) == 0 || width*l.pixels/100 < l.narrowest {
		return
	}
	sum := &heap.Frame{Function: heap.Other}
	for _, b := range boxes {
		sum.Before += b.frame.Before
		sum.After += b.frame.After
	}
	f := l.newFrame(&box{frame: sum, value: l.reading.of(sum.Before, sum.After)}, x, width, row)
	f.Title = words.Plural(len(boxes), "call") + " too narrow to draw: " + l.reading.sentence(sum)
	l.flame.Frames = append(l.flame.Frames, f)
}

func (l *layout) newFrame(b *box, x, width float64, row int) flameFrame {
	f := b.frame
	drawn := flameFrame{X: x, Width: width, Row: row, Class: l.class(b), Root: f == l.page.Graph.Callees}
	name := l.page.frameName(f)
	drawn.Title = words.Plain(name) + ": " + l.reading.sentence(f)
	if f.Function >= 0 {
		drawn.Focus = name
		if l.page.Search != nil && l.page.Search.MatchString(name) {
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
	drawn.Name = fit(shortName(name), int(room/charWidth))
	drawn.Small = small(note, shortName(name), int((width*smallWidth/100-6)/charWidth))
	return drawn
}

// class is the colour of a frame: by the size of its change on a scale that is the same in both
// directions, and none for what is noise.
func (l *layout) class(b *box) string {
	change := l.colours.of(b.frame.Before, b.frame.After).delta()
	if b.frame.Function == heap.Other || change == 0 || l.reading.noise(b.frame.Before, b.frame.After) || l.flame.Scale == 0 {
		return "same"
	}
	step := int(math.Ceil(math.Sqrt(math.Abs(change)/l.flame.Scale) * colourSteps)) // the root's own change would pale all others
	step = min(max(step, 1), colourSteps)
	if change < 0 {
		return fmt.Sprintf("less-%d", step)
	}
	return fmt.Sprintf("more-%d", step)
}
