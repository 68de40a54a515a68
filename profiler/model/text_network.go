package model

// A textNetwork is the forward pass of a TextClassifier, which training and inference share, and
// the current batch. It asks the allocator for each tensor when its layer runs.
type textNetwork[T Float] struct {
	model               TextClassifier
	layers              TextLayers[T]
	memory              Allocator[T]
	workers             *Workers
	readLoop, denseLoop func(lo, hi int) // bound once: see loops

	batch  int
	lanes  [2]lane[T] // forward and backward
	last   []T        // [batch, 2·units]
	sums   []T        // [batch, hidden + 1], block sums of the dense layers
	hidden []T        // [batch, hidden], after ReLU
	probs  []T        // [batch]
}

func newTextNetwork[T Float](m TextClassifier, layers TextLayers[T], memory Allocator[T], workers *Workers) *textNetwork[T] {
	n := &textNetwork[T]{
		model:   m,
		layers:  layers,
		memory:  memory,
		workers: workers,
		lanes:   [2]lane[T]{newLane(m, layers, 0), newLane(m, layers, 1)},
	}
	n.readLoop, n.denseLoop = n.readGroups, n.denseTexts
	return n
}

// releaseBatch drops the batch and its tensors.
func (n *textNetwork[T]) releaseBatch() {
	n.last, n.sums, n.hidden, n.probs = nil, nil, nil, nil
	for d := range n.lanes {
		n.lanes[d].release()
	}
}

// forwardNeed returns the number of elements that forward allocates.
func (m TextClassifier) forwardNeed(batch int, keep bool) int {
	rows, step := m.rows(batch, keep)
	lane := rows*(m.inputs()+m.gates()+m.Units) + step*m.Units
	if keep {
		lane += rows * m.Units
	}
	return 2*lane + batch*(m.states()+m.Hidden+1+m.Hidden+1)
}

// rows returns the number of rows of a lane's tensors, and the number of rows from one time
// step to the next. If keep is false, all time steps share the same rows.
func (m TextClassifier) rows(batch int, keep bool) (rows, step int) {
	if keep {
		return m.Steps * batch, batch
	}
	return batch, 0
}

// forward computes the probabilities of texts with the given ids [batch, steps]. If keep is
// true, it keeps the tensors of all time steps for the backward pass.
func (n *textNetwork[T]) forward(ids []int32, keep bool) {
	m := n.model
	n.batch = len(ids) / m.Steps
	rows, step := m.rows(n.batch, keep)

	n.last = n.memory.Floats(n.batch * m.states())
	for d := range n.lanes {
		l := &n.lanes[d]
		l.ids, l.step, l.last = ids, step, n.last
		l.inputs = n.memory.Floats(rows * m.inputs())
		l.gates = n.memory.Floats(rows * m.gates())
		l.cells = n.memory.Floats((rows + step) * m.Units)
		if keep {
			l.tanhs = n.memory.Floats(rows * m.Units)
		}
	}
	n.workers.Run(2*m.groups(n.batch), 1, n.readLoop)

	n.sums = n.memory.Floats(n.batch * (m.Hidden + 1))
	n.hidden = n.memory.Floats(n.batch * m.Hidden)
	n.probs = n.memory.Floats(n.batch)
	n.workers.Run(n.batch, grain(m.states()*m.Hidden), n.denseLoop)
	sigmoid(n.probs)
}

// lstmTexts is the number of texts processed together. Each time step loads the weights from the
// cache once for all of them.
const lstmTexts = 8

// groups returns the number of groups of texts in a batch.
func (m TextClassifier) groups(batch int) int { return (batch + lstmTexts - 1) / lstmTexts }

// group returns the lane and the texts of group i. The groups of the forward lane come first.
func (n *textNetwork[T]) group(i int) (l *lane[T], lo, hi int) {
	groups := n.model.groups(n.batch)
	lo = i % groups * lstmTexts
	return &n.lanes[i/groups], lo, min(lo+lstmTexts, n.batch)
}

func (n *textNetwork[T]) readGroups(lo, hi int) {
	for i := lo; i < hi; i++ {
		l, from, to := n.group(i)
		l.forward(from, to)
	}
}

func (n *textNetwork[T]) denseTexts(lo, hi int) {
	hidden := n.model.Hidden
	for i := lo; i < hi; i++ {
		n.layers.hidden.bias.lookUp(rowOf(n.hidden, i, hidden), 0)
		n.layers.output.bias.lookUp(rowOf(n.probs, i, 1), 0)
	}
	addDense(n.hidden, n.sums, n.last, n.layers.hidden.kernel, hidden, lo, hi)
	relu(n.hidden[lo*hidden : hi*hidden])
	addDense(n.probs, n.sums[n.batch*hidden:], n.hidden, n.layers.output.kernel, 1, lo, hi)
}
