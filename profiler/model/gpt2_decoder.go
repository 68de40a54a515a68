package model

// A Decoder runs a GPT2 model for inference. It reads tokens and returns the logits of the
// next token. It allocates everything except the cache before the first token.
type Decoder[T Float] struct {
	Weights GPT2Weights[T]
	Cache   Cache[T]

	model   GPT2
	chunk   int // maximum number of positions processed at once
	workers *Workers
	loops   decoderLoops

	at      int      // number of positions read
	one     [1]int32 // the token passed to Feed
	buffers decoderBuffers[T]
	linear  linearPass[T]
	heads   headsPass[T]
}

// decoderLoops are bound once: see imageLoops.
type decoderLoops struct {
	parts, sums, heads, logits func(lo, hi int)
}

// decoderBuffers holds the tensors of a chunk.
type decoderBuffers[T Float] struct {
	stream      []T // [chunk, width]: the residual stream
	normed      []T // [chunk, width]
	attended    []T // [chunk, 3·width]
	queries     []T // [chunk, heads, head], aligned for each head
	shares      []T // [chunk, heads, context]: attention weights
	mixed       []T // [chunk, width]
	inner       []T // [chunk, 4·width]
	added       []T // [chunk, width]
	parts       []T // [linearParts, chunk, 4·width]
	gain, shift []T // [width]
	bias        []T // [4·width]
	last        []T // [width], aligned: the normalized stream of the last position
	logits      []T // [vocab]
}

func newDecoderBuffers[T Float](m GPT2, chunk int) decoderBuffers[T] {
	floats := func(n int) []T { return make([]T, n) }
	return decoderBuffers[T]{
		stream:   floats(chunk * m.Width),
		normed:   floats(chunk * m.Width),
		attended: floats(chunk * m.attended()),
		queries:  aligned[T](chunk * m.Heads * paddedCount(m.head())),
		shares:   floats(chunk * m.Heads * m.Context),
		mixed:    floats(chunk * m.Width),
		inner:    floats(chunk * m.inner()),
		added:    floats(chunk * m.Width),
		parts:    floats(linearParts * chunk * m.inner()),
		gain:     floats(m.Width),
		shift:    floats(m.Width),
		bias:     floats(m.inner()),
		last:     aligned[T](m.Width),
		logits:   floats(m.Vocab),
	}
}

// RoomCount returns the number of elements that a decoder with the given chunk size
// allocates, in addition to weights and cache.
func (m GPT2) RoomCount(chunk int) int {
	rows := 4*m.Width + m.attended() + m.inner() + m.Heads*(paddedCount(m.head())+m.Context) + linearParts*m.inner()
	return chunk*rows + 3*m.Width + m.inner() + m.Vocab
}

// NewDecoder returns a decoder that reads prompts in chunks of up to chunk positions. Close
// stops its workers.
func NewDecoder[T Float](m GPT2, weights GPT2Weights[T], cache Cache[T], chunk, workers int) *Decoder[T] {
	d := &Decoder[T]{Weights: weights, Cache: cache, model: m, chunk: chunk, workers: NewWorkers(workers)}
	d.loops = decoderLoops{parts: d.partProducts, sums: d.sumParts, heads: d.attendHeads, logits: d.logitRows}
	d.buffers = newDecoderBuffers[T](m, chunk)
	return d
}

// Close stops the decoder's workers.
func (d *Decoder[T]) Close() { d.workers.Close() }

// Reset starts a new text.
func (d *Decoder[T]) Reset() {
	d.at = 0
	d.Cache.Reset()
}

// Feed reads a token and returns the logits [vocab] of the next token. They are valid until
// the decoder reads again. Feed panics if the context or the cache is full.
func (d *Decoder[T]) Feed(token int32) []T {
	d.one[0] = token
	return d.Prefill(d.one[:])
}

// Prefill reads a prompt of at least one token, in chunks, and returns the logits of the next
// token, like Feed. They are bit-identical to those after feeding the tokens one by one.
func (d *Decoder[T]) Prefill(tokens []int32) []T {
	n := 0
	for ; len(tokens) > 0; tokens = tokens[n:] {
		n = min(d.chunk, len(tokens))
		d.embed(tokens[:n])
		for block := range d.Weights.Blocks {
			d.attention(block, n)
			d.dense(block, n)
		}
		d.at += n
	}
	d.norm(d.buffers.last, rowOf(d.buffers.stream, n-1, d.model.Width), d.Weights.Norm)
	d.workers.Run(d.model.Vocab, chunkOf(d.model.Width), d.loops.logits)
	return d.buffers.logits
}

// Greedy reads a prompt and returns the next n tokens, n at least 1. Each is the token with the
// largest logit.
func (d *Decoder[T]) Greedy(prompt []int32, n int) []int32 {
	tokens := make([]int32, 0, n)
	logits := d.Prefill(prompt)
	for {
		next := int32(argmaxOf(logits))
		tokens = append(tokens, next)
		if len(tokens) == n {
			return tokens
		}
		logits = d.Feed(next)
	}
}

// embed sets the stream to the sums of the token and position embeddings.
func (d *Decoder[T]) embed(tokens []int32) {
	for i, token := range tokens {
		row := rowOf(d.buffers.stream, i, d.model.Width)
		d.Weights.Tokens.lookUp(row, int(token))
		d.Weights.Positions.lookUp(d.buffers.added[:d.model.Width], d.at+i)
		add(row, d.buffers.added)
	}
}

// attention adds the output of a block's attention to the stream of n positions.
func (d *Decoder[T]) attention(block, n int) {
	m, b, r := d.model, d.Weights.Blocks[block], &d.buffers
	d.norm(r.normed, r.stream[:n*m.Width], b.AttentionNorm)
	d.multiply(r.attended, r.normed, b.Attend, n, false)
	keys, values := d.Cache.extend(block, d.at, n)
	for i := range n {
		attended := rowOf(r.attended, i, m.attended())
		for head := range m.Heads {
			copy(d.query(i*m.Heads+head), rowOf(attended, head, m.head()))
		}
		copy(rowOf(keys, d.at+i, m.Width), attended[m.Width:])
		copy(rowOf(values, d.at+i, m.Width), attended[2*m.Width:])
	}
	d.heads = headsPass[T]{keys, values}
	d.workers.Run(n*m.Heads, chunkOf(2*m.head()*(d.at+n)), d.loops.heads)
	d.heads = headsPass[T]{}
	d.multiply(r.added, r.mixed, b.Gather, n, false)
	add(r.stream[:n*m.Width], r.added)
}

// dense adds the output of a block's dense layers to the stream of n positions.
func (d *Decoder[T]) dense(block, n int) {
	m, b, r := d.model, d.Weights.Blocks[block], &d.buffers
	d.norm(r.normed, r.stream[:n*m.Width], b.DenseNorm)
	d.multiply(r.inner, r.normed, b.Expand, n, true)
	d.multiply(r.added, r.inner, b.Contract, n, false)
	add(r.stream[:n*m.Width], r.added)
}

// norm normalizes the rows of x into dst.
func (d *Decoder[T]) norm(dst, x []T, n Norm[T]) {
	n.Gain.lookUp(d.buffers.gain, 0)
	n.Shift.lookUp(d.buffers.shift, 0)
	normalize(dst, x, d.buffers.gain, d.buffers.shift)
}

func (d *Decoder[T]) logitRows(lo, hi int) {
	d.Weights.Tokens.rowProducts(d.buffers.logits, d.buffers.last, lo, hi)
}

// query returns the buffer of query i. Queries are numbered by position, then by head.
func (d *Decoder[T]) query(i int) []T {
	return d.buffers.queries[i*paddedCount(d.model.head()):][:d.model.head()]
}

// A headsPass holds the keys and values for the current chunk.
type headsPass[T Float] struct {
	keys, values []T // [positions, width]
}

// attendHeads computes the attention of heads lo..hi, numbered by position, then by head.
func (d *Decoder[T]) attendHeads(lo, hi int) {
	m := d.model
	for i := lo; i < hi; i++ {
		position, column := d.at+i/m.Heads, i%m.Heads*m.head()
		shares := rowOf(d.buffers.shares, i, m.Context)[:position+1]
		attend(rowOf(d.buffers.mixed, i, m.head()), d.query(i), d.heads.keys[column:], d.heads.values[column:], shares, m.Width)
	}
}
