package cases

import (
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"time"

	"heaplab/profiler"
	"heaplab/profiler/model"
	"heaplab/profiler/subject/builtin"
)

// tokensParam is how long a text is that a language model reads in an operation.
var tokensParam = builtin.Param{Name: "tokens", Type: builtin.Int, Default: int64(16), Min: 2, Max: 1024, Help: "tokens, chosen by chance, that GPT-2 reads in an operation, one after the other"}

// A languageFormat is what a variant of the name holds a language model's weights in. All but
// float64 compute in float32.
type languageFormat struct {
	name   string
	format func() model.Format[float32] // nil of float64
	bytes  func(model.GPT2) int         // of the weights
	matrix func(rows, cols int) int     // bytes of a matrix by itself
}

// languageFormats are those of all cases. The first is what the others are held against.
var languageFormats = []languageFormat{
	{"float64", nil, weightsOf(8), numbersOf(8)},
	{"float32", model.DenseFormat[float32], weightsOf(4), numbersOf(4)},
	{"float16", model.HalfFormat[float32], weightsOf(2), numbersOf(2)},
	{"bfloat16", model.BrainFormat[float32], weightsOf(2), numbersOf(2)},
	{"int8", model.Int8Format[float32], model.GPT2.Int8Bytes, int8Matrix},
	{"int8-activations", model.W8A8Format[float32], model.GPT2.Int8Bytes, int8Matrix},
}

// weightsOf and numbersOf count weights of so many bytes each.
func weightsOf(bytes int) func(model.GPT2) int {
	return func(m model.GPT2) int { return bytes * m.WeightCount() }
}

func numbersOf(bytes int) func(rows, cols int) int {
	return func(rows, cols int) int { return bytes * rows * cols }
}

// int8Matrix has a scale for each column.
func int8Matrix(rows, cols int) int { return rows*cols + 4*cols }

func formatOf(variant string) languageFormat {
	return languageFormats[slices.IndexFunc(languageFormats, func(f languageFormat) bool { return f.name == variant })]
}

// floatBytes is the size of the numbers that the format computes with.
func (f languageFormat) floatBytes() int {
	if f.format == nil {
		return 8
	}
	return 4
}

// languageUnits are what outputs of a language model are worth: the largest error of a logit,
// and the mean cross-entropy of the text's tokens, in nats, of which perplexity is the power of e.
var languageUnits = []string{profiler.MaxAbsErr, profiler.Loss}

// language is a language model set up to read a text, again and again.
type language[T model.Float] struct {
	decoder *model.Decoder[T]
	text    []int32
	metrics []profiler.Measurement
}

// newLanguage sets up format f, whose outputs are worth what the prepared file says of variant i
// of n.
func newLanguage(in builtin.Input, m languageModel, f languageFormat, i, n int) (builtin.Work, error) {
	file := openNumbers(in.Prepared)
	worth := make([]float64, n*len(languageUnits))
	readRow[float64](file, worth)
	if err := file.close(); err != nil {
		return nil, err
	}
	var quality []profiler.Measurement
	for j, unit := range languageUnits {
		quality = append(quality, profiler.Measurement{Unit: unit, Value: worth[i*len(languageUnits)+j]})
	}
	if m.matrices != nil {
		return newTensors(in, m, f, quality[:1])
	}
	if f.format == nil {
		return readerOf(in, m, model.DenseFormat[float64](), fixedCache[float64](in, m), quality)
	}
	return readerOf(in, m, f.format(), fixedCache[float32](in, m), quality)
}

// readerOf sets up a format and a cache, with what is known of the outputs.
func readerOf[T model.Float](in builtin.Input, m languageModel, format model.Format[T], cache model.Cache[T], quality []profiler.Measurement) (*language[T], error) {
	decoder, err := newDecoder(in, m, format, cache)
	if err != nil {
		return nil, err
	}
	size := profiler.Measurement{Unit: profiler.ModelBytes, Value: float64(decoder.Weights.Bytes())}
	return &language[T]{decoder: decoder, text: textOf(in.Params, m.shape), metrics: append([]profiler.Measurement{size}, quality...)}, nil
}

// fixedCache has room for the text.
func fixedCache[T model.Float](in builtin.Input, m languageModel) model.Cache[T] {
	return model.NewFixedCache[T](m.shape, in.Int("tokens"))
}

func newDecoder[T model.Float](in builtin.Input, m languageModel, format model.Format[T], cache model.Cache[T]) (*model.Decoder[T], error) {
	source, done, err := sourceOf[T](in, m)
	if err != nil {
		return nil, err
	}
	weights, err := model.NewGPT2Weights(m.shape, format, source)
	if err := errors.Join(err, done()); err != nil {
		return nil, fmt.Errorf("%s: %w", m.name, err)
	}
	return model.NewDecoder(m.shape, weights, cache, 1, runtime.GOMAXPROCS(0)), nil
}

// Op reads the text from its beginning.
func (l *language[T]) Op(mark func()) error {
	l.decoder.Reset()
	for _, token := range l.text {
		l.decoder.Feed(token)
	}
	mark()
	return nil
}

func (l *language[T]) Metrics() []profiler.Measurement { return l.metrics }

// Close ends the workers.
func (l *language[T]) Close() error {
	l.decoder.Close()
	return nil
}

// textOf is tokens by chance: how much memory they take does not depend on what they mean. Of a
// model that learnt, the loss on them says how far formats differ, not how good it is.
func textOf(p profiler.Params, m model.GPT2) []int32 {
	random := rand.New(rand.NewPCG(uint64(p.Int("seed")), uint64(m.Vocab)))
	text := make([]int32, p.Int("tokens"))
	for i := range text {
		text[i] = random.Int32N(int32(m.Vocab))
	}
	return text
}

// prepareLanguage writes what the outputs of formats are worth, in numbers of languageUnits, the
// first format's logits being right.
func prepareLanguage(in builtin.Input, m languageModel, formats []languageFormat, w io.Writer) error {
	if m.matrices != nil {
		return prepareTensors(in, m, formats, w)
	}
	if formats[0].format == nil {
		return prepareAgainst(in, m, model.DenseFormat[float64](), formats[1:], w)
	}
	return prepareAgainst(in, m, formats[0].format(), formats[1:], w)
}

func prepareAgainst[T model.Float](in builtin.Input, m languageModel, first model.Format[T], others []languageFormat, w io.Writer) error {
	text := textOf(in.Params, m.shape)
	right, err := logitsOf(in, m, first, text)
	if err != nil {
		return err
	}
	worth := []float64{0, math.Log(model.Perplexity(right, text))}
	for _, f := range others {
		runtime.GC() // the weights of two formats need not be there at once
		logits, err := logitsOf(in, m, f.format(), text)
		if err != nil {
			return err
		}
		worth = append(worth, model.LogitError(logits, right), math.Log(model.Perplexity(logits, text)))
	}
	return writeNumbers(w, worth)
}

func logitsOf[T model.Float](in builtin.Input, m languageModel, format model.Format[T], text []int32) ([]T, error) {
	decoder, err := newDecoder(in, m, format, fixedCache[T](in, m))
	if err != nil {
		return nil, err
	}
	defer decoder.Close()
	return decoder.Logits(text), nil
}

// checkLanguage refuses a text that the model has no positions for.
func checkLanguage(p profiler.Params, m languageModel) profiler.Faults {
	if m.matrices == nil && p.Int("tokens") > m.shape.Context {
		return profiler.Faults{{Field: "tokens", Message: fmt.Sprintf("must be at most %d: that is how many positions %s has", m.shape.Context, m.name)}}
	}
	return nil
}

// languageLive is how many bytes are alive at the end of a text: weights, a cache with room for
// the keys and values of so many tokens, and the decoder's own tensors.
func languageLive(m model.GPT2, f languageFormat, tokens int) float64 {
	return float64(f.bytes(m) + f.floatBytes()*(m.CacheCount(tokens)+m.RoomCount(1)))
}

// predictLanguage counts the bytes of formats against those of the first.
func predictLanguage(p profiler.Params, of languageModel, formats []languageFormat) []profiler.Prediction {
	if of.matrices != nil {
		return predictTensors(of, formats)
	}
	m := of.shape
	var out []profiler.Prediction
	before, tokens := formats[0], p.Int("tokens")
	for _, f := range formats[1:] {
		out = append(out,
			profiler.Prediction{Variant: f.name, Unit: profiler.ModelBytes, Ratio: profiler.Float(float64(before.bytes(m)) / float64(f.bytes(m)))},
			profiler.Prediction{Variant: f.name, Unit: profiler.LiveHeap, Ratio: profiler.Float(languageLive(m, before, tokens) / languageLive(m, f, tokens)),
				Note: "with keys, values and activations, which are in the type that is computed with"})
	}
	return out
}

// estimateLanguage scales what was measured with gpt2-small on two cores, without other load.
func estimateLanguage(p profiler.Params, m languageModel, formats []languageFormat) builtin.Estimate {
	if m.matrices != nil {
		return estimateTensors(m, formats)
	}
	const (
		perProduct = 0.3 // nanoseconds, of the slowest format
		perWeight  = 9.0 // of the generation or the loading of a weight, and its conversion
	)
	weights, tokens := float64(m.shape.WeightCount()), p.Int("tokens")
	setup := weights * perWeight
	op := float64(tokens) * float64(m.shape.TokenProducts(tokens)) * perProduct
	var live float64
	for _, f := range formats {
		live = max(live, languageLive(m.shape, f, tokens))
	}
	largest := formats[0].floatBytes() * m.shape.Vocab * m.shape.Width // a tensor that is converted
	logits := (formats[0].floatBytes() + 4) * tokens * m.shape.Vocab   // of the first format and another
	return builtin.Estimate{
		Live:  int64(live) + int64(largest),
		Setup: time.Duration(setup),
		Op:    time.Duration(op),

		FitLive: int64(live) + int64(largest+logits), // of the preparation
	}
}

// languagePreparationTime is that of setting up and reading the text once in each format.
func languagePreparationTime(p profiler.Params, m languageModel, formats []languageFormat) time.Duration {
	one := estimateLanguage(p, m, formats)
	return time.Duration(len(formats)) * (one.Setup + one.Op)
}
