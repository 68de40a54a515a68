package model

// kernelSize is the side of the convolution's square kernel.
const kernelSize = 3

// convForward computes rows lo to hi, of batch·convHeight rows, of the convolution and its
// ReLU: valid padding, stride 1, cross-correlation as in Keras. The pixels under a row of
// the kernel are neighbours in memory, so no patch is gathered.
//
//	dst [batch, convHeight, convWidth, filters]
//	x [batch, height, width, channels]
//	kernel [3·3·channels, filters]
func convForward[T Float](m ImageClassifier, dst, x []T, kernel factor[T], bias []T, lo, hi int) {
	width, filters := m.convWidth(), m.Filters
	for row := lo; row < hi; row++ {
		image, y := row/m.convHeight(), row%m.convHeight()
		from := x[(image*m.Height+y)*m.Width*m.Channels:]
		out := dst[row*width*filters:][:width*filters]
		for col := range width {
			copy(out[col*filters:], bias)
		}
		for ky := range kernelSize {
			line := from[ky*m.Width*m.Channels:]
			kernel.addProducts(out, line, m.Channels, ky*m.kernelRowSize(), (ky+1)*m.kernelRowSize())
		}
		relu(out)
	}
}

// convBackward sums the convolution's gradients over rows lo to hi of batch·poolHeight
// rows of pooled cells. Only the output that was a window's greatest has a gradient, so a
// cell adds one patch of pixels per filter, a quarter of what the outputs would; and none
// where ReLU cut the output off. The gradient of the pixels is of no use to anybody.
//
//	dst [filters, 3·3·channels + 1]: the kernel's gradient, turned, and the bias's last
//	x [batch, height, width, channels]
//	pooled, dpooled, argmax [batch, poolHeight, poolWidth, filters]
func convBackward[T Float](m ImageClassifier, dst, x, pooled, dpooled []T, argmax []uint8, lo, hi int) {
	clear(dst)
	for row := lo; row < hi; row++ {
		image, y := row/m.poolHeight(), row%m.poolHeight()
		from := x[(image*m.Height+2*y)*m.Width*m.Channels:]
		for col := 0; col < m.poolWidth(); col += cellGroup {
			cells := min(cellGroup, m.poolWidth()-col)
			at := (row*m.poolWidth() + col) * m.Filters
			for f := range m.Filters {
				var group cellGradients[T]
				for i := range cells {
					group.add(m, i, at+i*m.Filters+f, col+i, pooled, dpooled, argmax)
				}
				group.addPatches(m, dst[f*m.filterSize():][:m.filterSize()], from)
			}
		}
	}
}

// cellGroup is how many cells are added at once, so that a sum is loaded and stored once
// for that many products.
const cellGroup = 4

// cellGradients are neighbouring pooled cells of one filter: what reaches the convolution's
// output through each, and where that output's pixels start. Cells that a short group lacks
// have gradient 0 and add nothing.
type cellGradients[T Float] struct {
	gradient [cellGroup]T
	offset   [cellGroup]int // of the patch's first pixel from the row group's first
}

func (g *cellGradients[T]) add(m ImageClassifier, i, at, col int, pooled, dpooled []T, argmax []uint8) {
	if pooled[at] > 0 {
		g.gradient[i] = dpooled[at]
	}
	dy, dx := int(argmax[at]>>1), int(argmax[at]&1)
	g.offset[i] = (dy*m.Width + 2*col + dx) * m.Channels
}

// addPatches adds each cell's patch times its gradient to dst [3·3·channels + 1].
func (g *cellGradients[T]) addPatches(m ImageClassifier, dst, x []T) {
	g0, g1, g2, g3 := g.gradient[0], g.gradient[1], g.gradient[2], g.gradient[3]
	for ky := range kernelSize {
		line := x[ky*m.Width*m.Channels:]
		sums := dst[ky*m.kernelRowSize():][:m.kernelRowSize()]
		x0 := line[g.offset[0]:][:len(sums)]
		x1 := line[g.offset[1]:][:len(sums)]
		x2 := line[g.offset[2]:][:len(sums)]
		x3 := line[g.offset[3]:][:len(sums)]
		for k := range sums {
			sums[k] += g0*x0[k] + g1*x1[k] + g2*x2[k] + g3*x3[k]
		}
	}
	dst[len(dst)-1] += g0 + g1 + g2 + g3
}

// convReduce adds up the parts of the convolution's gradients, in order, for filters lo to
// hi, and turns them into the kernel's layout.
//
//	kernel [3, 3, channels, filters], bias [filters]
//	parts [parts, filters, 3·3·channels + 1]
func convReduce[T Float](m ImageClassifier, kernel, bias, parts []T, lo, hi int) {
	size := m.Filters * m.filterSize()
	for f := lo; f < hi; f++ {
		for k := range m.filterSize() {
			var sum T
			for at := f*m.filterSize() + k; at < len(parts); at += size {
				sum += parts[at]
			}
			if k < m.filterSize()-1 {
				kernel[k*m.Filters+f] = sum
			} else {
				bias[f] = sum
			}
		}
	}
}
