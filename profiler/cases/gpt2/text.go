package gpt2

import (
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"runtime"
	"time"

	"heaplab/profiler"
	"heaplab/profiler/cases/testbed"
	"heaplab/profiler/model"
	"heaplab/profiler/subject/builtin"
)

// qualityUnits measure the outputs of a model: the largest error of a logit, and the mean
// cross-entropy of the text's tokens, in nats. Perplexity is e to that power.
var qualityUnits = []string{profiler.MaxAbsErr, profiler.Loss}

// textWork is a model that reads the same text in every operation.
type textWork[T model.Float] struct {
	decoder *model.Decoder[T]
	text    []int32
	metrics []profiler.Measurement
}

// newTextWork sets up a format and a cache; quality describes the outputs.
func newTextWork[T model.Float](in builtin.Input, m gpt, format model.Format[T], cache model.Cache[T], quality []profiler.Measurement) (*textWork[T], error) {
	decoder, err := newDecoder(in, m, format, cache)
	if err != nil {
		return nil, err
	}
	size := profiler.Measurement{Unit: profiler.ModelBytes, Value: float64(decoder.Weights.Bytes())}
	return &textWork[T]{decoder: decoder, text: textOf(in.Params, m.shape), metrics: append([]profiler.Measurement{size}, quality...)}, nil
}

// setUpFormat sets up format i of a list, with the quality that was prepared.
func setUpFormat(in builtin.Input, m gpt, formats []format, i int) (builtin.Work, error) {
	file := testbed.OpenNumbers(in.Prepared)
	quality := testbed.ReadMeasurements(file, qualityUnits, i, len(formats))
	if err := file.Close(); err != nil {
		return nil, err
	}
	if formats[i].layers == nil {
		return newTextWork(in, m, float64Format(), fixedCache[float64](in, m), quality)
	}
	return newTextWork(in, m, formats[i].layers(), fixedCache[float32](in, m), quality)
}

// fixedCache has room for the text.
func fixedCache[T model.Float](in builtin.Input, m gpt) model.Cache[T] {
	return model.NewFixedCache[T](m.shape, tokens.Of(in.Params))
}

func newDecoder[T model.Float](in builtin.Input, m gpt, format model.Format[T], cache model.Cache[T]) (*model.Decoder[T], error) {
	read, done, err := open[T](in, m)
	if err != nil {
		return nil, err
	}
	weights, err := model.NewGPT2Weights(m.shape, format, read)
	if err := errors.Join(err, done()); err != nil {
		return nil, fmt.Errorf("%s: %w", m.name, err)
	}
	return model.NewDecoder(m.shape, weights, cache, 1, runtime.GOMAXPROCS(0)), nil
}

// Op reads the text from its beginning.
func (w *textWork[T]) Op(mark func()) error {
	w.decoder.Reset()
	for _, token := range w.text {
		w.decoder.Feed(token)
	}
	mark()
	return nil
}

// Metrics returns the size of the weights and the quality of the outputs.
func (w *textWork[T]) Metrics() []profiler.Measurement { return w.metrics }

// Close ends the workers.
func (w *textWork[T]) Close() error {
	w.decoder.Close()
	return nil
}

// textOf returns random tokens: their memory does not depend on their meaning. For a trained
// model, the loss on them shows how far formats differ, not how good the model is.
func textOf(p profiler.Params, m model.GPT2) []int32 {
	random := rand.New(rand.NewPCG(uint64(seed.Of(p)), uint64(m.Vocab)))
	text := make([]int32, tokens.Of(p))
	for i := range text {
		text[i] = random.Int32N(int32(m.Vocab))
	}
	return text
}

// preparation computes the quality of each format's outputs. In the case of pruning the formats depend
// on the params.
func (l Library) preparation(formats func(profiler.Params) []format, params ...builtin.Handle) *builtin.Preparation {
	return &builtin.Preparation{
		What:    "the logits of the model in every format",
		Version: testbed.ModelVersion(Sources),
		Params:  builtin.ParamsOf(params...),
		Data: func(in builtin.Input) string {
			return testbed.ModelFileVersion(in, modelName.Of(in.Params))
		},
		Make: func(in builtin.Input, w io.Writer) error {
			return prepare(in, l.find(in.Params), formats(in.Params), w)
		},
		Duration: func(p profiler.Params) time.Duration {
			one := estimate(p, l.find(p), formats(p))
			return time.Duration(len(formats(p))) * (one.Setup + one.Op)
		},
	}
}

// prepare writes the values of qualityUnits for each format. The logits of the first
// format are the reference.
func prepare(in builtin.Input, m gpt, formats []format, w io.Writer) error {
	if formats[0].layers == nil {
		return compareWith(in, m, float64Format(), formats[1:], w)
	}
	return compareWith(in, m, formats[0].layers(), formats[1:], w)
}

func compareWith[T model.Float](in builtin.Input, m gpt, first model.Format[T], others []format, w io.Writer) error {
	text := textOf(in.Params, m.shape)
	right, err := logitsOf(in, m, first, text)
	if err != nil {
		return err
	}
	quality := []float64{0, math.Log(model.Perplexity(right, text))}
	for _, f := range others {
		runtime.GC() // frees the weights of the format before
		logits, err := logitsOf(in, m, f.layers(), text)
		if err != nil {
			return err
		}
		quality = append(quality, model.LogitError(logits, right), math.Log(model.Perplexity(logits, text)))
	}
	return testbed.WriteNumbers(w, quality)
}

func logitsOf[T model.Float](in builtin.Input, m gpt, format model.Format[T], text []int32) ([]T, error) {
	decoder, err := newDecoder(in, m, format, fixedCache[T](in, m))
	if err != nil {
		return nil, err
	}
	defer decoder.Close()
	return decoder.Logits(text), nil
}

// predict compares the bytes of formats with those of the first.
func predict(p profiler.Params, m model.GPT2, formats []format) []profiler.Prediction {
	var out []profiler.Prediction
	before, n := formats[0], tokens.Of(p)
	for _, f := range formats[1:] {
		out = append(out,
			profiler.Prediction{Variant: f.name, Unit: profiler.ModelBytes, Ratio: profiler.Float(float64(before.bytes(m)) / float64(f.bytes(m)))},
			profiler.Prediction{Variant: f.name, Unit: profiler.LiveHeap, Ratio: profiler.Float(liveBytes(m, before, n) / liveBytes(m, f, n)),
				Note: "with keys, values and activations, which are in the type that computes"})
	}
	return out
}

// estimate scales measurements of gpt2-small on two cores, without other load.
func estimate(p profiler.Params, m gpt, formats []format) builtin.Estimate {
	const (
		perProduct = 0.3 // nanoseconds, in the slowest format
		perWeight  = 9.0 // of the generation or the loading of a weight, and its conversion
	)
	n := tokens.Of(p)
	var live float64
	for _, f := range formats {
		live = max(live, liveBytes(m.shape, f, n))
	}
	number := formats[0].number()
	largest := number * m.shape.Vocab * m.shape.Width // a tensor that is converted
	logits := (number + 4) * n * m.shape.Vocab        // of the first format and another
	return builtin.Estimate{
		Live:  int64(live) + int64(largest),
		Setup: time.Duration(float64(m.shape.WeightCount()) * perWeight),
		Op:    time.Duration(float64(n*m.shape.TokenProducts(n)) * perProduct),

		FitLive: int64(live) + int64(largest+logits), // of the preparation
	}
}
