package precision

import (
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"

	"heaplab/profiler"
	"heaplab/profiler/cases/testbed"
	"heaplab/profiler/model"
	"heaplab/profiler/model/dataset"
	"heaplab/profiler/subject/builtin"
)

// Params of both cases.
var (
	batch     = builtin.NewInt("batch", 32, 1, 1024, "texts in a batch")
	vocab     = builtin.NewInt("vocab", 1000, 10, 1<<20, "words that the model knows; weights grow with them")
	steps     = builtin.NewInt("steps", 50, 2, 512, "words of a text")
	embedding = builtin.NewInt("embedding", 16, 1, 512, "numbers for each word; weights grow with them")
	units     = builtin.NewInt("units", 32, 1, 512, "units of the LSTM, in each direction")
	hidden    = builtin.NewInt("hidden", 16, 1, 512, "neurons of the dense layer")
	examples  = builtin.NewInt("examples", 500, 10, 100_000, "texts to train on")
	epochs    = builtin.NewInt("epochs", 10, 1, 100, "passes over the texts in a whole training")
	seed      = builtin.NewInt("seed", 1, 0, math.MaxInt32, "seed of the texts and the initial weights")
)

func textParams(texts builtin.ChoiceParam) []builtin.Param {
	return builtin.ParamsOf(batch, vocab, steps, embedding, units, hidden, examples, epochs, seed, texts)
}

func checkTexts(p profiler.Params) profiler.Faults {
	return testbed.CheckBatch(batch.Of(p), examples.Of(p))
}

// shape returns the model that the params ask for.
func shape(p profiler.Params) model.TextClassifier {
	return model.TextClassifier{Vocab: vocab.Of(p), Steps: steps.Of(p), Embedding: embedding.Of(p), Units: units.Of(p), Hidden: hidden.Of(p)}
}

// testTexts is the number of texts that test a model. They are generated with the training texts but
// differ from them.
const testTexts = 200

// A textSet is texts with their labels.
type textSet struct {
	ids    []int32 // [texts, steps]
	labels []int32 // [texts]
	steps  int
}

// part returns texts lo to hi.
func (t textSet) part(lo, hi int) textSet {
	return textSet{t.ids[lo*t.steps : hi*t.steps], t.labels[lo:hi], t.steps}
}

// shuffle puts the texts into an order that depends on the seed alone.
func (t textSet) shuffle(seed uint64) {
	random := rand.New(rand.NewPCG(seed, uint64(t.len())))
	random.Shuffle(t.len(), func(i, j int) {
		t.labels[i], t.labels[j] = t.labels[j], t.labels[i]
		for k := range t.steps {
			t.ids[i*t.steps+k], t.ids[j*t.steps+k] = t.ids[j*t.steps+k], t.ids[i*t.steps+k]
		}
	})
}

func (t textSet) len() int { return len(t.labels) }

// loadTexts returns n texts of the data that in asks for, and others to test on. Files often have
// all texts of one label before those of the other: their texts are shuffled, by the seed.
func loadTexts(in builtin.Input, m model.TextClassifier, n, tests int) (training, testing textSet, err error) {
	all := textSet{steps: m.Steps}
	order := uint64(seed.Of(in.Params))
	if name := testbed.TextData.Of(in.Params); name == testbed.Generated {
		all.ids, all.labels = model.Texts(m, n+tests, order)
	} else {
		read, err := dataset.ReadTexts(filepath.Join(in.Dataset, name), m.Vocab, m.Steps)
		if err != nil {
			return all, all, err
		}
		all.ids, all.labels = read.IDs, read.Labels
		if all.len() < n+tests {
			return all, all, fmt.Errorf("%s has %d texts; the params need %d to train on and %d to test on", name, all.len(), n, tests)
		}
		all.shuffle(order)
		if i := slices.IndexFunc(all.labels[:n], func(label int32) bool { return label != all.labels[0] }); i < 0 {
			return all, all, fmt.Errorf("all %d texts of %s to train on have the label %d: there is nothing to learn", n, name, all.labels[0])
		}
	}
	return all.part(0, n), all.part(n, n+tests), nil
}

// heldTexts are the texts that the operations of a case go through again and again.
type heldTexts struct {
	textSet
	batch int
	next  int // first text of the next batch
}

// holdTexts copies the first texts, so that the others can be freed.
func holdTexts(in builtin.Input) (heldTexts, error) {
	all, _, err := loadTexts(in, shape(in.Params), examples.Of(in.Params), 0)
	if err != nil {
		return heldTexts{}, err
	}
	n := heldCount(in.Params)
	return heldTexts{
		textSet: textSet{slices.Clone(all.ids[:n*all.steps]), slices.Clone(all.labels[:n]), all.steps},
		batch:   batch.Of(in.Params),
	}, nil
}

func heldCount(p profiler.Params) int {
	return min(testbed.HeldBatches*batch.Of(p), examples.Of(p))
}

// heldBytes returns the size of the held texts, which are no floating-point numbers.
func heldBytes(p profiler.Params) float64 {
	const id = 4 // bytes
	return float64(heldCount(p) * (steps.Of(p) + 1) * id)
}

// nextBatch returns the next full batch, and the first one after the last.
func (t *heldTexts) nextBatch() textSet {
	if t.next+t.batch > t.len() {
		t.next = 0
	}
	t.next += t.batch
	return t.part(t.next-t.batch, t.next)
}
