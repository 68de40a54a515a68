package model

// A ImagePredictor runs one ImageClassifier forward, for inference: nothing is kept for a backward pass. What
// a call makes comes from its allocator.
type ImagePredictor[T Float] struct {
	Layers ImageLayers[T]

	model   ImageClassifier
	memory  Allocator[T]
	workers *Workers
	loops   imagePredictorLoops
	pass    imagePass[T]
}

// A pass is the batch under way and what is computed from it, as in a step.
type imagePass[T Float] struct {
	x            []T // [batch, height, width, channels]
	conv         []T // [batch, convHeight, convWidth, filters], after ReLU; gone once it is pooled
	pooled       []T // [batch, poolHeight, poolWidth, filters]
	sums, logits []T // [batch, classes]
}

// imagePredictorLoops are bound once: see loops.
type imagePredictorLoops struct {
	conv, pool, dense func(lo, hi int)
}

// NewImagePredictor returns a predictor with those weights. Close ends its workers.
func NewImagePredictor[T Float](m ImageClassifier, layers ImageLayers[T], memory Allocator[T], workers int) *ImagePredictor[T] {
	p := &ImagePredictor[T]{Layers: layers, model: m, memory: memory, workers: NewWorkers(workers)}
	p.loops = imagePredictorLoops{conv: p.convRows, pool: p.poolRows, dense: p.denseExamples}
	return p
}

// Close ends the predictor's workers.
func (p *ImagePredictor[T]) Close() { p.workers.Close() }

// PredictNeed is what a Predict of so many examples asks of its allocator; never less than
// a smaller one.
func (m ImageClassifier) PredictNeed(batch int) Need {
	return Need{Floats: batch * (m.convSize() + m.pooledSize() + 3*m.Classes)} // block sums, logits, probabilities
}

// Predict returns the probabilities [batch, classes] of images x [batch, height, width,
// channels]. They come from the allocator like the rest. It calls mark when the images are
// pooled, which is when most is alive: what the convolution made, and what is left of it.
func (p *ImagePredictor[T]) Predict(x []T, mark func()) []T {
	defer p.release()
	p.forward(x, mark)
	probs := p.memory.Floats(len(p.pass.logits))
	softmax(probs, p.pass.logits, p.model.Classes)
	return probs
}

// Features returns what others can learn from: of images x, what is left of the convolution's
// outputs after pooling [batch, poolHeight, poolWidth, filters], and the logits [batch, classes].
func (p *ImagePredictor[T]) Features(x []T) (pooled, logits []T) {
	defer p.release()
	p.forward(x, func() {})
	return p.pass.pooled, p.pass.logits
}

func (p *ImagePredictor[T]) release() { p.pass = imagePass[T]{} }

// forward computes the logits.
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
