package model

// A TextTrainer trains a TextClassifier. It allocates the optimizer's moments once. Each step
// allocates its tensors from the allocator.
type TextTrainer[T Float] struct {
	Weights TextWeights[T]

	*trainState[T]
	model   TextClassifier
	network *textNetwork[T]
	loops   textLoops
	step    textStep[T]
}

// A textStep holds the current batch and the gradients.
type textStep[T Float] struct {
	ids    []int32 // [batch, steps]
	labels []int32 // [batch]

	dlogits   []T // [batch]
	dhidden   []T // [batch, hidden]
	dlast     []T // [batch, 2·units]
	gradients TextWeights[T]
}

// textLoops holds the loop bodies of the backward pass, bound once: see imageLoops.
type textLoops struct {
	hiddenBack, readBack, gradient, embedding func(lo, hi int)
}

// Need returns the memory that a training step allocates for a batch of the given size. It
// never decreases as the batch grows.
func (m TextClassifier) Need(batch int) Need {
	lane := batch * (m.Steps*m.Embedding + 2*m.Units)
	dense := batch * (1 + m.Hidden + m.states())
	return Need{Floats: m.forwardNeed(batch, true) + 2*lane + dense + m.WeightCount()}
}

// NewTextTrainer returns a trainer that updates weights in place. Close stops its workers.
func NewTextTrainer[T Float](m TextClassifier, weights TextWeights[T], memory Allocator[T], workers int) *TextTrainer[T] {
	t := &TextTrainer[T]{
		Weights:    weights,
		trainState: newTrainState(weights.All, memory, workers),
		model:      m,
	}
	t.network = newTextNetwork(m, DenseTextLayers(m, weights), memory, t.workers)
	for d := range t.network.lanes {
		t.network.lanes[d].weights = weights.LSTM[d]
	}
	t.loops = textLoops{
		hiddenBack: t.hiddenInputs,
		readBack:   t.readGroupsBack,
		gradient:   t.gradientChunks,
		embedding:  t.embeddingWords,
	}
	return t
}

// Step trains on one batch of texts: ids [len(labels), steps], each below vocab; labels are 0
// or 1. It calls mark at the end of the backward pass, when all activations and gradients are
// in use. It returns an error, without updating the weights, if the loss is NaN or infinite.
func (t *TextTrainer[T]) Step(ids, labels []int32, mark func()) (Result, error) {
	t.begin(ids, labels)
	return runStep(t, mark)
}

func (t *TextTrainer[T]) begin(ids, labels []int32) {
	t.step = textStep[T]{ids: ids, labels: labels}
	t.memory.Begin(t.model.Need(len(labels)))
}

func (t *TextTrainer[T]) release() {
	t.step = textStep[T]{}
	t.network.releaseBatch()
}

func (t *TextTrainer[T]) forward() { t.network.forward(t.step.ids, true) }

func (t *TextTrainer[T]) loss() Result {
	s, batch := &t.step, len(t.step.labels)
	s.dlogits = t.memory.Floats(batch)
	loss, right := binaryCrossEntropy(s.dlogits, t.network.probs, s.labels)
	return Result{Loss: loss / float64(batch), Right: right}
}

func (t *TextTrainer[T]) backward() {
	m, s, n := t.model, &t.step, t.network
	s.gradients = TextWeightsIn(m, t.memory.Floats(m.WeightCount()))
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

func (t *TextTrainer[T]) update() { t.updateAll(t.step.gradients.All) }

func (t *TextTrainer[T]) hiddenInputs(lo, hi int) {
	s := &t.step
	denseBackward(s.gradients.HiddenKernel, s.dlast, t.Weights.HiddenKernel, t.network.last, s.dhidden, t.model.Hidden, lo, hi)
}

func (t *TextTrainer[T]) readGroupsBack(lo, hi int) {
	for i := lo; i < hi; i++ {
		l, from, to := t.network.group(i)
		l.back(t.step.dlast, from, to)
	}
}

// gradientChunks computes chunks lo..hi of the LSTM's gradients: all chunks of the forward
// direction, then all of the backward direction.
func (t *TextTrainer[T]) gradientChunks(lo, hi int) {
	chunks := t.model.gradientChunks()
	for c := lo; c < hi; c++ {
		d := c / chunks
		t.network.lanes[d].gradient(t.step.gradients.LSTM[d], c%chunks)
	}
}

// vocabPart returns the number of words whose gradients are computed at once. Each part scans
// all texts, so there are few parts.
func (m TextClassifier) vocabPart() int {
	const parts = 8
	return (m.Vocab + parts - 1) / parts
}

// embeddingWords sums the gradients of words lo..hi over all their occurrences.
func (t *TextTrainer[T]) embeddingWords(lo, hi int) {
	m, lanes := t.model, &t.network.lanes
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
