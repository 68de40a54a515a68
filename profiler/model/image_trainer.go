package model

// An ImageTrainer trains an ImageClassifier. It allocates the optimizer's moments once. Each
// step allocates its tensors from the allocator.
type ImageTrainer[T Float] struct {
	Weights ImageWeights[T]

	*trainState[T]
	model       ImageClassifier
	conv, dense factor[T] // the layers' kernels
	loops       imageLoops
	step        imageStep[T]
}

// An imageStep holds the current batch and all tensors computed from it. Each tensor is
// allocated when its layer runs.
type imageStep[T Float] struct {
	batch  int
	x      []T     // [batch, height, width, channels]
	labels []int32 // [batch]

	conv   []T     // [batch, convHeight, convWidth, filters], after ReLU
	pooled []T     // [batch, poolHeight, poolWidth, filters]; flattened, the input of the dense layer
	argmax []uint8 // [batch, poolHeight, poolWidth, filters]
	sums   []T     // [batch, classes], block sums of the dense layer
	logits []T     // [batch, classes]
	probs  []T     // [batch, classes]

	dlogits   []T // [batch, classes]
	dpooled   []T // shaped like pooled
	parts     []T // [parts, filters, 3·3·channels + 1]
	gradients ImageWeights[T]
}

// imageLoops holds the loop bodies of the layers. They are bound once, because creating a
// method value at each call would allocate.
type imageLoops struct {
	conv, pool, dense, denseBack, convBack, convReduce func(lo, hi int)
}

// NewImageTrainer returns a trainer that updates weights in place. Close stops its workers.
func NewImageTrainer[T Float](m ImageClassifier, weights ImageWeights[T], memory Allocator[T], workers int) *ImageTrainer[T] {
	t := &ImageTrainer[T]{
		Weights:    weights,
		trainState: newTrainState(weights.All, memory, workers),
		model:      m,
		conv:       unrolledDense[T]{weights.ConvKernel, m.Filters},
		dense:      unrolledDense[T]{weights.DenseKernel, m.Classes},
	}
	t.loops = imageLoops{
		conv:       t.convRows,
		pool:       t.poolRows,
		dense:      t.denseExamples,
		denseBack:  t.denseInputs,
		convBack:   t.convPart,
		convReduce: t.convFilters,
	}
	return t
}

// Step trains on one batch: x [len(labels), height, width, channels]. It calls mark at the end
// of the backward pass, when all activations and gradients are in use. It returns an error,
// without updating the weights, if the loss is NaN or infinite.
func (t *ImageTrainer[T]) Step(x []T, labels []int32, mark func()) (Result, error) {
	t.begin(x, labels)
	return runStep(t, mark)
}

func (t *ImageTrainer[T]) begin(x []T, labels []int32) {
	t.step = imageStep[T]{batch: len(labels), x: x, labels: labels}
	t.memory.Begin(t.model.Need(len(labels)))
}

func (t *ImageTrainer[T]) release() { t.step = imageStep[T]{} }

func (t *ImageTrainer[T]) forward() {
	m, s := t.model, &t.step

	s.conv = t.memory.Floats(s.batch * m.convSize())
	t.workers.Run(s.batch*m.convHeight(), grain(m.convWidth()*m.filterSize()*m.Filters), t.loops.conv)

	s.pooled = t.memory.Floats(s.batch * m.pooledSize())
	s.argmax = t.memory.Indices(s.batch * m.pooledSize())
	t.workers.Run(s.batch*m.poolHeight(), grain(4*m.poolWidth()*m.Filters), t.loops.pool)

	s.sums = t.memory.Floats(s.batch * m.Classes)
	s.logits = t.memory.Floats(s.batch * m.Classes)
	t.workers.Run(s.batch, grain(m.pooledSize()*m.Classes), t.loops.dense)

	s.probs = t.memory.Floats(s.batch * m.Classes)
	softmax(s.probs, s.logits, m.Classes)
}

func (t *ImageTrainer[T]) loss() Result {
	s := &t.step
	s.dlogits = t.memory.Floats(s.batch * t.model.Classes)
	loss, right := crossEntropy(s.dlogits, s.probs, s.labels, t.model.Classes)
	return Result{Loss: loss / float64(s.batch), Right: right}
}

func (t *ImageTrainer[T]) backward() {
	t.backwardDense()
	t.backwardConv()
}

// backwardDense propagates the gradient from the logits to the pooled features.
func (t *ImageTrainer[T]) backwardDense() {
	m, s := t.model, &t.step
	s.gradients = ImageWeightsIn(m, t.memory.Floats(m.WeightCount()))

	biasBackward(s.gradients.DenseBias, s.dlogits)
	s.dpooled = t.memory.Floats(s.batch * m.pooledSize())
	t.workers.Run(m.pooledSize(), grain(2*s.batch*m.Classes), t.loops.denseBack)
}

// backwardConv propagates the gradient from the pooled features to the convolution.
func (t *ImageTrainer[T]) backwardConv() {
	m, s := t.model, &t.step
	size := m.Filters * m.filterSize()
	s.parts = t.memory.Floats(m.maxParts(s.batch) * size)[:m.parts(s.batch)*size]
	t.workers.Run(s.batch*m.poolHeight(), m.partRows(s.batch), t.loops.convBack)
	t.workers.Run(m.Filters, grain(m.parts(s.batch)*m.filterSize()), t.loops.convReduce)
}

func (t *ImageTrainer[T]) update() { t.updateAll(t.step.gradients.All) }

func (t *ImageTrainer[T]) convRows(lo, hi int) {
	convForward(t.model, t.step.conv, t.step.x, t.conv, t.Weights.ConvBias, lo, hi)
}

func (t *ImageTrainer[T]) poolRows(lo, hi int) {
	poolForward(t.model, t.step.pooled, t.step.argmax, t.step.conv, lo, hi)
}

func (t *ImageTrainer[T]) denseExamples(lo, hi int) {
	s := &t.step
	denseForward(s.logits, s.sums, s.pooled, t.dense, t.Weights.DenseBias, lo, hi)
}

func (t *ImageTrainer[T]) denseInputs(lo, hi int) {
	s := &t.step
	denseBackward(s.gradients.DenseKernel, s.dpooled, t.Weights.DenseKernel, s.pooled, s.dlogits, t.model.Classes, lo, hi)
}

// convPart sums the gradients of one part, rows lo..hi.
func (t *ImageTrainer[T]) convPart(lo, hi int) {
	s, size := &t.step, t.model.Filters*t.model.filterSize()
	part := s.parts[lo/t.model.partRows(s.batch)*size:][:size]
	convBackward(t.model, part, s.x, s.pooled, s.dpooled, s.argmax, lo, hi)
}

func (t *ImageTrainer[T]) convFilters(lo, hi int) {
	g := &t.step.gradients
	convReduce(t.model, g.ConvKernel, g.ConvBias, t.step.parts, lo, hi)
}
