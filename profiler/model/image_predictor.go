package model

// An ImagePredictor runs an ImageClassifier forward for inference. It keeps nothing for a
// backward pass. Each call allocates its tensors from the allocator.
type ImagePredictor[T Float] struct {
	Layers ImageLayers[T]

	model   ImageClassifier
	memory  Allocator[T]
	workers *Workers
	loops   imagePredictorLoops
	pass    imagePass[T]
}

// An imagePass holds the current batch and its tensors.
type imagePass[T Float] struct {
	x            []T // [batch, height, width, channels]
	conv         []T // [batch, convHeight, convWidth, filters], after ReLU; nil after pooling
	pooled       []T // [batch, poolHeight, poolWidth, filters]
	sums, logits []T // [batch, classes]
}

// imagePredictorLoops are bound once: see imageLoops.
type imagePredictorLoops struct {
	conv, pool, dense func(lo, hi int)
}

// NewImagePredictor returns a predictor for the given layers. Close stops its workers.
func NewImagePredictor[T Float](m ImageClassifier, layers ImageLayers[T], memory Allocator[T], workers int) *ImagePredictor[T] {
	p := &ImagePredictor[T]{Layers: layers, model: m, memory: memory, workers: NewWorkers(workers)}
	p.loops = imagePredictorLoops{conv: p.convRows, pool: p.poolRows, dense: p.denseExamples}
	return p
}

// Close stops the predictor's workers.
func (p *ImagePredictor[T]) Close() { p.workers.Close() }

// PredictNeed returns the memory that Predict allocates for a batch of the given size. It
// never decreases as the batch grows.
func (m ImageClassifier) PredictNeed(batch int) Need {
	return Need{Floats: batch * (m.convSize() + m.pooledSize() + 3*m.Classes)} // block sums, logits, probabilities
}

// Predict returns the class probabilities [batch, classes] of images x
// [batch, height, width, channels], in memory from the allocator. It calls mark after
// pooling, when the most memory is in use: the outputs of the convolution and of the
// pooling.
func (p *ImagePredictor[T]) Predict(x []T, mark func()) []T {
	defer p.release()
	p.forward(x, mark)
	probs := p.memory.Floats(len(p.pass.logits))
	softmax(probs, p.pass.logits, p.model.Classes)
	return probs
}

// Features returns what distillation uses of a teacher: the outputs of the pooling
// [batch, poolHeight, poolWidth, filters] and the logits [batch, classes] of images x.
func (p *ImagePredictor[T]) Features(x []T) (pooled, logits []T) {
	defer p.release()
	p.forward(x, func() {})
	return p.pass.pooled, p.pass.logits
}

func (p *ImagePredictor[T]) release() { p.pass = imagePass[T]{} }

// forward computes the logits of images x.
func (p *ImagePredictor[T]) forward(x []T, mark func()) {
	m, batch := p.model, len(x)/p.model.Pixels()
	p.memory.Begin(m.PredictNeed(batch))
	p.pass = imagePass[T]{x: x}
	s := &p.pass

	s.conv = p.memory.Floats(batch * m.convSize())
	p.workers.Run(batch*m.convHeight(), grain(m.convWidth()*m.filterSize()*m.Filters), p.loops.conv)
	s.pooled = p.memory.Floats(batch * m.pooledSize())
	p.workers.Run(batch*m.poolHeight(), grain(4*m.poolWidth()*m.Filters), p.loops.pool)
	mark()
	s.conv = nil

	s.sums = p.memory.Floats(batch * m.Classes)
	s.logits = p.memory.Floats(batch * m.Classes)
	p.workers.Run(batch, grain(m.pooledSize()*m.Classes), p.loops.dense)
}

func (p *ImagePredictor[T]) convRows(lo, hi int) {
	convForward(p.model, p.pass.conv, p.pass.x, p.Layers.Conv, p.Layers.ConvBias, lo, hi)
}

func (p *ImagePredictor[T]) poolRows(lo, hi int) {
	poolForward(p.model, p.pass.pooled, nil, p.pass.conv, lo, hi)
}

func (p *ImagePredictor[T]) denseExamples(lo, hi int) {
	s := &p.pass
	denseForward(s.logits, s.sums, s.pooled, p.Layers.Dense, p.Layers.DenseBias, lo, hi)
}
