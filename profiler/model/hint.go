package model

// A HintTrainer trains an ImageClassifier, the student, on labels and on the features of another model of the
// same images, the teacher: what its convolution gives after pooling. A linear projection, learned
// along with the student and of no use after that, takes the student's filters to the teacher's,
// so that either may have as many as it likes. This is the hint of Romero et al., "FitNets: Hints
// for Thin Deep Nets" (arXiv:1412.6550), taken at the same time as the labels instead of before
// them. The loss of a student's features s, a teacher's t and the projection P is
//
//	CE(label, softmax(z)) + weight·Σ(s·P − t)²/Σt²
//
// summed over the batch: relative to the teacher's features, a weight means the same whatever
// their size.
type HintTrainer[T Float] struct {
	*ImageTrainer[T]
	Projection []T // [student's filters, teacher's filters]

	filters int // the teacher's
	weight  float64
	adam    *Adam[T] // of the projection
	teacher []T      // [batch, poolHeight, poolWidth, teacher's filters], of the batch under way
	hint    hintStep[T]
}

// A hintStep is what a step computes for the hint.
type hintStep[T Float] struct {
	dprojected  []T // as teacher: the gradient of s·P
	dpooled     []T // as the student's pooled features
	dprojection []T // as Projection
}

// NewHintTrainer returns a trainer that moves the student's weights towards a teacher with so many
// filters. The projection is 0 at first, so that a student is asked for features only as it gets to
// know which: a random one would ask for wrong ones, and can drive a small student's filters below
// ReLU for good. Close ends its workers.
func NewHintTrainer[T Float](m ImageClassifier, weights ImageWeights[T], filters int, weight float64, memory Allocator[T], workers int) *HintTrainer[T] {
	return &HintTrainer[T]{
		ImageTrainer: NewImageTrainer(m, weights, memory, workers),
		Projection:   make([]T, m.Filters*filters),
		filters:      filters,
		weight:       weight,
		adam:         NewAdam[T](m.Filters * filters),
	}
}

// Step is ImageTrainer's, with the teacher's features [len(labels), poolHeight, poolWidth, teacher's
// filters].
func (h *HintTrainer[T]) Step(x []T, labels []int32, teacher []T, mark func()) (Result, error) {
	h.begin(x, labels, teacher)
	return runStep(h, mark)
}

// need is what a step of so many examples asks of its allocator.
func (h *HintTrainer[T]) need(batch int) Need {
	n := h.model.Need(batch)
	n.Floats += batch*(h.model.pooledSize()/h.model.Filters*h.filters+h.model.pooledSize()) + len(h.Projection)
	return n
}

func (h *HintTrainer[T]) begin(x []T, labels []int32, teacher []T) {
	h.step = imageStep[T]{batch: len(labels), x: x, labels: labels}
	h.teacher = teacher
	h.memory.Begin(h.need(len(labels)))
}

func (h *HintTrainer[T]) release() {
	h.ImageTrainer.release()
	h.teacher, h.hint = nil, hintStep[T]{}
}

func (h *HintTrainer[T]) loss() Result {
	result := h.ImageTrainer.loss()
	h.hint.dprojected = h.memory.Floats(len(h.teacher))
	for i, t := range h.teacher {
		h.hint.dprojected[i] = -t
	}
	addMatrixProduct(h.hint.dprojected, h.step.pooled, h.Projection, h.filters)
	result.Loss += relativeSquares(h.hint.dprojected, h.teacher, h.weight)
	return result
}

// relativeSquares returns weight·Σr²/Σt² of what is off, r, and puts the gradient of r in its
// place. A teacher without features teaches nothing.
func relativeSquares[T Float](r, t []T, weight float64) float64 {
	var off, all float64
	for i, v := range t {
		off += float64(r[i]) * float64(r[i])
		all += float64(v) * float64(v)
	}
	if all == 0 {
		clear(r)
		return 0
	}
	scale := T(2 * weight / all)
	for i := range r {
		r[i] *= scale
	}
	return weight * off / all
}

func (h *HintTrainer[T]) backward() {
	h.backwardDense()
	s, g := &h.step, &h.hint
	g.dprojection = h.memory.Floats(len(h.Projection))
	clear(g.dprojection)
	addTransposed(g.dprojection, s.pooled, g.dprojected, h.model.Filters, h.filters, 0, h.model.Filters)
	g.dpooled = h.memory.Floats(len(s.pooled))
	transposedProducts(g.dpooled, g.dprojected, h.Projection, h.filters)
	for i, d := range g.dpooled {
		s.dpooled[i] += d
	}
	h.backwardConv()
}

func (h *HintTrainer[T]) update() {
	h.ImageTrainer.update()
	h.adam.next()
	h.adam.update(h.Projection, h.hint.dprojection, 0, len(h.Projection))
}
