package model

// linearParts is the maximum number of parts into which the rows of a matrix are split, each
// with its own sums. It is fixed, so that results do not depend on the number of workers. The
// product for one token is memory-bound, so each part reads its weights sequentially.
const linearParts = 8

// A linearPass holds the current product of a chunk with a matrix.
type linearPass[T Float] struct {
	dst, x []T // [n, outputs], [n, inputs]
	layer  Linear[T]
	n      int
	gelu   bool
}

// multiply computes x·kernel + bias, followed by GELU if gelu is true.
//
//	dst [n, outputs], x [n, inputs]
func (d *Decoder[T]) multiply(dst, x []T, layer Linear[T], n int, gelu bool) {
	p := linearPass[T]{dst[:n*layer.outputs], x[:n*layer.inputs], layer, n, gelu}
	d.linear = p
	layer.Bias.lookUp(d.buffers.bias[:layer.outputs], 0)
	d.workers.Run(p.parts(), chunkOf(n*p.partRows()*layer.outputs), d.loops.parts)
	d.workers.Run(len(p.dst), chunkOf(linearParts), d.loops.sums)
	d.linear = linearPass[T]{}
}

// partRows returns the number of rows per part, and parts the number of parts.
func (p *linearPass[T]) partRows() int { return (p.layer.inputs + linearParts - 1) / linearParts }
func (p *linearPass[T]) parts() int {
	return (p.layer.inputs + p.partRows() - 1) / p.partRows()
}

// part returns the buffer for the sums [n, outputs] of part i.
func (d *Decoder[T]) part(i int) []T {
	size := len(d.linear.dst)
	return d.buffers.parts[i*size:][:size]
}

func (d *Decoder[T]) partProducts(lo, hi int) {
	p := &d.linear
	for i := lo; i < hi; i++ {
		from := i * p.partRows()
		to := min(from+p.partRows(), p.layer.inputs)
		sums := d.part(i)
		clear(sums)
		p.layer.Kernel.addProducts(sums, p.x[from:], p.layer.inputs, from, to)
	}
}

// sumParts sets the outputs lo..hi, counted across all positions, to the bias plus the sums of
// all parts.
func (d *Decoder[T]) sumParts(lo, hi int) {
	p := &d.linear
	sums := p.dst[lo:hi]
	for at := lo; at < hi; {
		at += copy(p.dst[at:hi], d.buffers.bias[at%p.layer.outputs:p.layer.outputs])
	}
	for i := range p.parts() {
		add(sums, d.part(i)[lo:])
	}
	if p.gelu {
		gelu(sums)
	}
}
