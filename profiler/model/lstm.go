package model

// A lane is one direction of the LSTM and its tensors. Each time step uses one row per text, in
// the direction's reading order. In training, each step has rows of its own, which the backward
// pass needs. In inference, all steps share the same rows.
type lane[T Float] struct {
	m         TextClassifier
	backward  bool
	embedding Table[T] // [vocab, embedding]
	layer     textLayer[T]
	weights   LSTMWeights[T] // of training, for the way back

	ids  []int32 // [batch, steps]
	step int     // rows from one time step to the next: batch, or 0 in inference

	inputs []T // [rows, embedding + units]: the word's embedding, the units' previous outputs
	gates  []T // [rows, 4·units]; in the backward pass the gradients of their sums
	cells  []T // [rows + batch, units]: the state before a time step; step rows later, after it
	tanhs  []T // [rows, units]: tanh of the state after a time step; nil in inference
	last   []T // [batch, 2·units]: the final outputs of both directions, side by side

	dwords []T // [rows, embedding]
	dh, dc []T // [batch, units]
}

func newLane[T Float](m TextClassifier, layers TextLayers[T], direction int) lane[T] {
	return lane[T]{
		m:         m,
		backward:  direction == 1,
		embedding: layers.embedding,
		layer:     layers.lstm[direction],
	}
}

// release drops the tensors and the texts.
func (l *lane[T]) release() {
	*l = lane[T]{m: l.m, backward: l.backward, embedding: l.embedding, layer: l.layer, weights: l.weights}
}

// word returns the id of the word that the lane reads at a time step.
func (l *lane[T]) word(text, step int) int {
	if l.backward {
		step = l.m.Steps - 1 - step
	}
	return int(l.ids[text*l.m.Steps+step])
}

// output returns the destination of the units' outputs at a time step: the inputs of the next
// step, or the final outputs.
func (l *lane[T]) output(text, step int) []T {
	units := l.m.Units
	if step < l.m.Steps-1 {
		return rowOf(l.inputs, (step+1)*l.step+text, l.m.inputs())[l.m.Embedding:]
	}
	last := rowOf(l.last, text, 2*units)
	if l.backward {
		return last[units:]
	}
	return last[:units]
}

// forward runs the LSTM over texts lo..hi.
func (l *lane[T]) forward(lo, hi int) {
	m := l.m
	for n := lo; n < hi; n++ {
		clear(rowOf(l.inputs, n, m.inputs())[m.Embedding:])
		clear(rowOf(l.cells, n, m.Units))
	}
	for step := range m.Steps {
		at := step * l.step
		for n := lo; n < hi; n++ {
			l.embedding.lookUp(rowOf(l.inputs, at+n, m.inputs())[:m.Embedding], l.word(n, step))
			l.layer.bias.lookUp(rowOf(l.gates, at+n, m.gates()), 0)
		}
		gates := l.gates[(at+lo)*m.gates() : (at+hi)*m.gates()]
		l.layer.kernel.addProducts(gates, l.inputs[(at+lo)*m.inputs():], m.inputs(), 0, m.inputs())
		for n := lo; n < hi; n++ {
			h := l.output(n, step)
			tanhs := h
			if l.tanhs != nil {
				tanhs = rowOf(l.tanhs, at+n, m.Units)
			}
			before, after := rowOf(l.cells, at+n, m.Units), rowOf(l.cells, at+l.step+n, m.Units)
			lstmForward(h, after, tanhs, rowOf(l.gates, at+n, m.gates()), before)
		}
	}
}

// back runs backpropagation through time for texts lo..hi. From the gradient of the final
// outputs [batch, 2·units] it computes the gradients of the words and of the gates' sums,
// which replace the activations in gates.
func (l *lane[T]) back(dlast []T, lo, hi int) {
	m := l.m
	for n := lo; n < hi; n++ {
		from := rowOf(dlast, n, m.states())
		if l.backward {
			from = from[m.Units:]
		}
		copy(rowOf(l.dh, n, m.Units), from)
		clear(rowOf(l.dc, n, m.Units))
	}
	for step := m.Steps - 1; step >= 0; step-- {
		at := step * l.step
		for n := lo; n < hi; n++ {
			lstmBackward(rowOf(l.gates, at+n, m.gates()), rowOf(l.dc, n, m.Units), rowOf(l.dh, n, m.Units),
				rowOf(l.tanhs, at+n, m.Units), rowOf(l.cells, at+n, m.Units))
		}
		dgates := l.gates[(at+lo)*m.gates() : (at+hi)*m.gates()]
		transposedProducts(l.dwords[(at+lo)*m.Embedding:], dgates, l.weights.Kernel, m.gates())
		if step > 0 {
			transposedProducts(l.dh[lo*m.Units:], dgates, l.weights.Recurrent, m.gates())
		}
	}
}

// lstmRows is the number of kernel rows per chunk of the gradient.
const lstmRows = 8

// gradientChunks returns the number of gradient chunks per direction. Each is a group of
// kernel rows; the last is the bias.
func (m TextClassifier) gradientChunks() int { return (m.inputs()+lstmRows-1)/lstmRows + 1 }

// gradient computes one chunk of the weights' gradient from the gates' gradients.
func (l *lane[T]) gradient(dweights LSTMWeights[T], chunk int) {
	m := l.m
	if chunk == m.gradientChunks()-1 {
		biasBackward(dweights.Bias, l.gates)
		return
	}
	lo := chunk * lstmRows
	hi := min(lo+lstmRows, m.inputs())
	clear(dweights.both[lo*m.gates() : hi*m.gates()])
	addTransposed(dweights.both, l.inputs, l.gates, m.inputs(), m.gates(), lo, hi)
}

// addWord adds the gradient of the word at a position of a text to dst [embedding].
func (l *lane[T]) addWord(dst []T, text, place int) {
	if l.backward {
		place = l.m.Steps - 1 - place
	}
	for i, g := range rowOf(l.dwords, place*l.step+text, len(dst)) {
		dst[i] += g
	}
}

// lstmForward runs one time step for one text (Hochreiter and Schmidhuber, 1997, with the
// forget gate of Gers et al., 2000):
//
//	c' = f·c + i·c~    h' = o·tanh(c')
//
// gates [4·units] holds the sums on entry and the activations on return. dstTanh may alias
// dstH, and dstC may alias c.
func lstmForward[T Float](dstH, dstC, dstTanh, gates, c []T) {
	n := len(c)
	sigmoid(gates[:2*n])
	tanh(gates[2*n : 3*n])
	sigmoid(gates[3*n:])
	i, f, g, o := gates[:n], gates[n:][:n], gates[2*n:][:n], gates[3*n:][:n]
	dstH, dstC, dstTanh = dstH[:n], dstC[:n], dstTanh[:n]
	for u := range c {
		v := f[u]*c[u] + i[u]*g[u]
		dstC[u], dstTanh[u] = v, v
	}
	tanh(dstTanh)
	for u := range o {
		dstH[u] = o[u] * dstTanh[u]
	}
}

// lstmBackward propagates the gradients of one text back by one time step. On entry, dh
// [units] is the gradient of the outputs and dc that of the state after the step. On
// return, dc is the gradient of the state before the step, and gates holds the gradients of
// the gates' sums. tanhs belongs to the state after the step; c is the state before it.
func lstmBackward[T Float](gates, dc, dh, tanhs, c []T) {
	n := len(dh)
	i, f, g, o := gates[:n], gates[n:][:n], gates[2*n:][:n], gates[3*n:][:n]
	dc, tanhs, c = dc[:n], tanhs[:n], c[:n]
	for u, d := range dh {
		in, forget, new, out, tanh := i[u], f[u], g[u], o[u], tanhs[u]
		state := dc[u] + d*out*(1-tanh*tanh)
		dc[u] = state * forget
		i[u] = state * new * in * (1 - in)
		f[u] = state * c[u] * forget * (1 - forget)
		g[u] = state * in * (1 - new*new)
		o[u] = d * tanh * out * (1 - out)
	}
}

// rowOf returns row i of a matrix with the given number of columns.
func rowOf[T Float](s []T, i, cols int) []T { return s[i*cols:][:cols:cols] }
