package precision

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"heaplab/profiler"
	"heaplab/profiler/model"
	"heaplab/profiler/subject/builtin"
)

// A file whose texts are sorted by label is shuffled before the split into training and testing. A
// file with a single label is rejected.
func TestTextsAreShuffled(t *testing.T) {
	dir := t.TempDir()
	in := builtin.Input{Params: profiler.Params{"data": "sorted.tsv", "seed": int64(1)}, Folders: builtin.Folders{Dataset: dir}}
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, "sorted.tsv"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	m := model.TextClassifier{Vocab: 10, Steps: 2}
	write(strings.Repeat("0\tbad\n", 100) + strings.Repeat("1\tgood\n", 100))
	examples, tests, err := loadTexts(in, m, 100, 100)
	if err != nil {
		t.Fatal(err)
	}
	for name, set := range map[string]textSet{"training": examples, "testing": tests} {
		good := 0
		for i, label := range set.labels {
			good += int(label)
			if word := set.ids[2*i+1]; (word == set.ids[1]) != (label == set.labels[0]) {
				t.Fatalf("%s: text %d lost its label", name, i)
			}
		}
		if good < 25 || good > 75 {
			t.Errorf("%s: %d of 100 have the second label", name, good)
		}
	}
	write(strings.Repeat("1\tgood\n", 200))
	if _, _, err := loadTexts(in, m, 100, 100); err == nil || !strings.Contains(err.Error(), "nothing to learn") {
		t.Errorf("one label: %v", err)
	}
}
