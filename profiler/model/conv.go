package model

// kernelSize is the height and width of the convolution kernel.
const kernelSize = 3

// convForward computes rows lo..hi of the batch·convHeight output rows of the convolution and
// its ReLU: valid padding, stride 1, cross-correlation as in Keras. The pixels under a kernel
// row are contiguous in memory, so no patches are copied.
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

// convBackward sums the convolution's gradients over rows lo..hi of the batch·poolHeight rows of
// pooled cells. Only the maximum of each pooling window has a gradient, so each cell adds one
// patch of pixels per filter, a quarter of the work over all outputs. Cells that ReLU set to 0
// add nothing. The gradient of the pixels is not needed.
//
//	dst [filters, 3·3·channels + 1]: the kernel's transposed gradient, then the bias's
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

// cellGroup is the number of cells added at once. Each sum is loaded and stored once per group.
const cellGroup = 4

// cellGradients holds the gradients of neighboring pooled cells of one filter, and the
// offsets of their patches. In a group with fewer cells the missing gradients are 0.
type cellGradients[T Float] struct {
	gradient [cellGroup]T
	offset   [cellGroup]int // from the first pixel of the cells' image row to the patch's first pixel
}

func (g *cellGradients[T]) add(m ImageClassifier, i, at, col int, pooled, dpooled []T, argmax []uint8) {
	if pooled[at] > 0 {
		g.gradient[i] = dpooled[at]
	}
	dy, dx := int(argmax[at]>>1), int(argmax[at]&1)
	g.offset[i] = (dy*m.Width + 2*col + dx) * m.Channels
}

// addPatches adds each cell's patch, multiplied by its gradient, to dst [3·3·channels + 1].
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

// convReduce sums the partial gradients of the convolution, in order, for filters lo..hi, and
// transposes them to the kernel's layout.
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
