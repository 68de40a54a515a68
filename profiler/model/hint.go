package model

// A HintTrainer trains an ImageClassifier, the student, on labels and on a teacher's
// features for the same images: the outputs of its convolution after pooling. A linear
// projection maps the student's filters to the teacher's, so that the two may have
// different numbers of filters. It is trained with the student and not used afterwards.
// This is the hint of Romero et al., "FitNets: Hints for Thin Deep Nets" (arXiv:1412.6550),
// applied together with the labels instead of before them. With the student's features s,
// the teacher's t and the projection P, the loss is
//
//	CE(label, softmax(z)) + weight·Σ(s·P − t)²/Σt²
//
// with the sums over the batch. Dividing by the teacher's features makes the weight
// independent of their scale.
type HintTrainer[T Float] struct {
	*ImageTrainer[T]
	Projection []T // [student's filters, teacher's filters]

	filters int // number of the teacher's filters
	weight  float64
	adam    *Adam[T] // for the projection
	teacher []T      // [batch, poolHeight, poolWidth, teacher's filters], for the current batch
	hint    hintStep[T]
}

// A hintStep holds the tensors that a step computes for the hint.
type hintStep[T Float] struct {
	dprojected  []T // gradient of s·P, shaped like teacher
	dpooled     []T // shaped like the student's pooled features
	dprojection []T // shaped like Projection
}

// NewHintTrainer returns a trainer that updates the student's weights in place. filters is
// the number of the teacher's filters. The projection starts at 0, so that the hint's
// gradient grows only as the projection learns. A random projection would pull towards
// wrong features, and can push a small student's filters below ReLU permanently. Close
// stops the workers.
func NewHintTrainer[T Float](m ImageClassifier, weights ImageWeights[T], filters int, weight float64, memory Allocator[T], workers int) *HintTrainer[T] {
	return &HintTrainer[T]{
		ImageTrainer: NewImageTrainer(m, weights, memory, workers),
		Projection:   make([]T, m.Filters*filters),
		filters:      filters,
		weight:       weight,
		adam:         NewAdam[T](m.Filters * filters),
	}
}

// Step is ImageTrainer.Step with the teacher's features
// [len(labels), poolHeight, poolWidth, teacher's filters].
func (h *HintTrainer[T]) Step(x []T, labels []int32, teacher []T, mark func()) (Result, error) {
	h.begin(x, labels, teacher)
	return runStep(h, mark)
}

// need returns the memory that a step allocates for a batch of the given size.
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

// relativeSquares returns weight·Σr²/Σt² for the residuals r, and replaces r with the gradient.
// If the teacher's features t are all 0, it returns 0 and clears r.
func relativeSquares[T Float](r, t []T, weight float64) float64 {
	var residuals, features float64
	for i, v := range t {
		residuals += float64(r[i]) * float64(r[i])
		features += float64(v) * float64(v)
	}
	if features == 0 {
		clear(r)
		return 0
	}
	scale := T(2 * weight / features)
	for i := range r {
		r[i] *= scale
	}
	return weight * residuals / features
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
