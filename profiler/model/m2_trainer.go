package model

// An M2Trainer trains one M2. Its weights and the optimiser's moments are allocated once;
// what a step makes beside them comes from its allocator.
type M2Trainer[T Float] struct {
	Weights M2Weights[T]

	*training[T]
	m2      M2
	network *m2Network[T]
	loops   m2Loops
	step    m2Step[T]
}

// An m2Step is the batch under way and the gradients of what the network computed from it.
type m2Step[T Float] struct {
	ids    []int32 // [batch, steps]
	labels []int32 // [batch]

	dlogits   []T // [batch]
	dhidden   []T // [batch, hidden]
	dlast     []T // [batch, 2·units]
	gradients M2Weights[T]
}

// m2Loops are the bodies of the loops on the way back, bound once: see loops.
type m2Loops struct {
	hiddenBack, readBack, gradient, embedding func(lo, hi int)
}

// Need is what a step of so many texts asks of its allocator; never less than a smaller
// step.
func (m M2) Need(batch int) Need {
	lane := batch * (m.Steps*m.Embedding + 2*m.Units)
	dense := batch * (1 + m.Hidden + m.states())
	return Need{Floats: m.forwardNeed(batch, true) + 2*lane + dense + m.WeightCount()}
}

// NewM2Trainer returns a trainer that moves the given weights. Close ends its workers.
func NewM2Trainer[T Float](m M2, weights M2Weights[T], memory Allocator[T], workers int) *M2Trainer[T] {
	t := &M2Trainer[T]{
		Weights:  weights,
		training: newTraining(weights.All, memory, workers),
		m2:       m,
	}
	t.network = newM2Network(m, weights, memory, t.workers)
	t.loops = m2Loops{
		hiddenBack: t.hiddenInputs,
		readBack:   t.readGroupsBack,
		gradient:   t.gradientChunks,
		embedding:  t.embeddingWords,
	}
	return t
}

// Step trains on one batch of texts: ids [len(labels), steps], each less than vocab; labels
// are 0 or 1. It calls mark at the end of the backward pass, when all activations and
// gradients are alive. It fails if the loss is not a finite number; the weights have not
// moved then.
func (t *M2Trainer[T]) Step(ids, labels []int32, mark func()) (Result, error) {
	t.begin(ids, labels)
	return take(t, mark)
}

func (t *M2Trainer[T]) begin(ids, labels []int32) {
	t.step = m2Step[T]{ids: ids, labels: labels}
	t.memory.Begin(t.m2.Need(len(labels)))
}

func (t *M2Trainer[T]) forget() {
	t.step = m2Step[T]{}
	t.network.forgetBatch()
}

func (t *M2Trainer[T]) forward() { t.network.forward(t.step.ids, true) }

func (t *M2Trainer[T]) loss() Result {
	s, batch := &t.step, len(t.step.labels)
	s.dlogits = t.memory.Floats(batch)
	loss, right := binaryCrossEntropy(s.dlogits, t.network.probs, s.labels)
	return Result{Loss: loss / float64(batch), Right: right}
}

func (t *M2Trainer[T]) backward() {
	m, s, n := t.m2, &t.step, t.network
	s.gradients = M2WeightsIn(m, t.memory.Floats(m.WeightCount()))
	g := &s.gradients

	s.dhidden = t.memory.Floats(n.batch * m.Hidden)
	biasBackward(g.OutputBias, s.dlogits)
	denseBackward(g.OutputKernel, s.dhidden, t.Weights.OutputKernel, n.hidden, s.dlogits, 1, 0, m.Hidden)
	reluBackward(s.dhidden, n.hidden)
	biasBackward(g.HiddenBias, s.dhidden)
	s.dlast = t.memory.Floats(n.batch * m.states())
	t.workers.Run(m.states(), grain(2*n.batch*m.Hidden), t.loops.hiddenBack)

	for d := range n.lanes {
		l := &n.lanes[d]
		l.dwords = t.memory.Floats(m.Steps * n.batch * m.Embedding)
		l.dh = t.memory.Floats(n.batch * m.Units)
		l.dc = t.memory.Floats(n.batch * m.Units)
	}
	t.workers.Run(2*m.groups(n.batch), 1, t.loops.readBack)
	t.workers.Run(2*m.gradientChunks(), 1, t.loops.gradient)
	t.workers.Run(m.Vocab, m.vocabPart(), t.loops.embedding)
}

func (t *M2Trainer[T]) update() { t.move(t.step.gradients.All) }

func (t *M2Trainer[T]) hiddenInputs(lo, hi int) {
	s := &t.step
	denseBackward(s.gradients.HiddenKernel, s.dlast, t.Weights.HiddenKernel, t.network.last, s.dhidden, t.m2.Hidden, lo, hi)
}

func (t *M2Trainer[T]) readGroupsBack(lo, hi int) {
	for i := lo; i < hi; i++ {
		l, from, to := t.network.group(i)
		l.back(t.step.dlast, from, to)
	}
}

// gradientChunks computes chunks of the lanes' gradients, first of forward, then backward.
func (t *M2Trainer[T]) gradientChunks(lo, hi int) {
	chunks := t.m2.gradientChunks()
	for c := lo; c < hi; c++ {
		d := c / chunks
		t.network.lanes[d].gradient(t.step.gradients.LSTM[d], c%chunks)
	}
}

// vocabPart is how many words get their gradients at once. Each part looks at all texts,
// so there are few.
func (m M2) vocabPart() int {
	const parts = 8
	return (m.Vocab + parts - 1) / parts
}

// embeddingWords adds up the gradients of words lo to hi over all places where they stand.
func (t *M2Trainer[T]) embeddingWords(lo, hi int) {
	m, lanes := t.m2, &t.network.lanes
	dwords := t.step.gradients.Embedding
	clear(dwords[lo*m.Embedding : hi*m.Embedding])
	for i, id := range t.step.ids {
		if word := int(id); word >= lo && word < hi {
			text, place := i/m.Steps, i%m.Steps
			dst := rowOf(dwords, word, m.Embedding)
			lanes[0].addWord(dst, text, place)
			lanes[1].addWord(dst, text, place)
		}
	}
}
