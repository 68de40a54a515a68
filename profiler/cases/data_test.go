package cases

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"heaplab/profiler"
	"heaplab/profiler/model"
	"heaplab/profiler/subject/builtin"
)

// dataFolder has CIFAR-10's files with so many images each, and a file of texts.
func dataFolder(t *testing.T, images, texts int) string {
	t.Helper()
	dir := t.TempDir()
	write := func(name string, content []byte) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var records bytes.Buffer
	for i := range images {
		records.WriteByte(byte(i % 10))
		records.Write(bytes.Repeat([]byte{byte(20 * (i % 10))}, 3072))
	}
	for _, name := range []string{"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin", "data_batch_5.bin", "test_batch.bin"} {
		write(filepath.Join(cifarFolder, name), records.Bytes())
	}
	var lines strings.Builder
	for i := range texts {
		fmt.Fprintf(&lines, "%d\t%s film number %d\n", i%2, []string{"bad", "good"}[i%2], i)
	}
	write("reviews.tsv", []byte(lines.String()))
	write("notes.txt", []byte("nothing to train on\n"))
	return dir
}

func choices(t *testing.T, all []builtin.Case, name string) string {
	t.Helper()
	for _, param := range builtin.Find(all, name).Params {
		if param.Name == "data" {
			return strings.Join(param.Choices, " ")
		}
	}
	t.Fatalf("%s has no param data", name)
	return ""
}

func TestWithDataSets(t *testing.T) {
	found, err := With(builtin.Folders{Dataset: dataFolder(t, 1, 1)})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"preallocation": "generated cifar10", "pruning": "generated cifar10", "integer": "generated cifar10", "distillation": "generated cifar10", "training": "generated cifar10", "precision": "generated reviews.tsv",
	} {
		if got := choices(t, found, name); got != want {
			t.Errorf("data of %s: %s, want %s", name, got, want)
		}
	}
	if got := choices(t, All, "pruning"); got != "generated" {
		t.Errorf("the cases themselves have changed: %s", got)
	}
	if _, err := With(builtin.Folders{Dataset: t.TempDir()}); err == nil || !strings.Contains(err.Error(), "neither CIFAR-10") {
		t.Errorf("an empty folder: %v", err)
	}
	if _, err := With(builtin.Folders{Dataset: filepath.Join(t.TempDir(), "nothing")}); err == nil {
		t.Error("no error for a folder that is missing")
	}
}

// Every case trains on the data of a folder, and says what is wrong with it.
func TestTrainingOnDataSets(t *testing.T) {
	small := map[string]map[string]any{
		"preallocation": {"data": "cifar10", "batch": 4, "filters": 2, "examples": 12, "epochs": 1},
		"pruning":       {"data": "cifar10", "batch": 4, "filters": 2, "examples": 40, "epochs": 2, "frequency": 1},
		"integer":       {"data": "cifar10", "batch": 4, "filters": 2, "examples": 12, "epochs": 1},
		"distillation":  {"data": "cifar10", "batch": 4, "filters": 4, "student": 2, "examples": 40, "epochs": 2, "seeds": 1},
		"training":      {"data": "cifar10", "batch": 4, "filters": 2, "examples": 12, "epochs": 1},
		"precision":     {"data": "reviews.tsv", "batch": 4, "vocab": 30, "steps": 5, "embedding": 3, "units": 3, "hidden": 2, "examples": 40, "epochs": 2},
	}
	for name, raw := range small {
		t.Run(name, func(t *testing.T) {
			dir := dataFolder(t, imageTests, 240)
			found, err := With(builtin.Folders{Dataset: dir})
			if err != nil {
				t.Fatal(err)
			}
			c := builtin.Find(found, name)
			p, faults := c.Resolve(raw)
			if len(faults) > 0 {
				t.Fatal(faults)
			}
			in, err := c.PrepareIn(t.TempDir(), builtin.Input{Params: p, Folders: builtin.Folders{Dataset: dir}})
			if err != nil {
				t.Fatal(err)
			}
			work, err := c.Baseline().Setup(in)
			if err != nil {
				t.Fatal(err)
			}
			if err := work.Op(func() {}); err != nil {
				t.Error(err)
			}
			if err := work.Close(); err != nil {
				t.Error(err)
			}
			if err := train(t, c, in); err != nil {
				t.Error(err)
			}
			in.Dataset = dataFolder(t, 1, 1)
			if err := train(t, c, in); err == nil || !strings.Contains(err.Error(), "are asked for") {
				t.Errorf("too little data: %v", err)
			}
			in.Dataset = t.TempDir()
			if err := train(t, c, in); err == nil {
				t.Error("no error where the data is gone")
			}
		})
	}
}

// train does what a case does with its data: its fit, or else its preparation.
func train(t *testing.T, c *builtin.Case, in builtin.Input) error {
	fit := c.Baseline().Fit
	if fit == nil {
		_, err := c.PrepareIn(t.TempDir(), in)
		return err
	}
	_, err := fit(in, unwatched)
	return err
}

// A file that has one label first and then the other has both among what is trained on; one
// that has a single label is refused.
func TestTextsInTheFilesOrder(t *testing.T) {
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
	examples, tests, err := textsFrom(in, m, 100, 100)
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
			t.Errorf("%s: %d of 100 are of the second label", name, good)
		}
	}
	write(strings.Repeat("1\tgood\n", 200))
	if _, _, err := textsFrom(in, m, 100, 100); err == nil || !strings.Contains(err.Error(), "nothing to learn") {
		t.Errorf("one label: %v", err)
	}
}

func TestImagesOfCIFARHaveTheirSize(t *testing.T) {
	found, err := With(builtin.Folders{Dataset: dataFolder(t, 1, 1)})
	if err != nil {
		t.Fatal(err)
	}
	_, faults := builtin.Find(found, "preallocation").Resolve(map[string]any{"data": "cifar10", "image": 64})
	if !strings.Contains(faults.For("image"), "must be 32") {
		t.Errorf("faults = %v", faults)
	}
}

// What is trained on a file is trained again when the file changes.
func TestDataVersion(t *testing.T) {
	dir := dataFolder(t, 2, 2)
	in := builtin.Input{Params: profiler.Params{"data": "reviews.tsv"}, Folders: builtin.Folders{Dataset: dir}}
	before := dataVersion(in)
	if err := os.WriteFile(filepath.Join(dir, "reviews.tsv"), []byte("1\tother\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if after := dataVersion(in); before == "" || after == before {
		t.Errorf("version %q, then %q", before, after)
	}
	in.Params["data"] = generated
	if v := dataVersion(in); v != "" {
		t.Errorf("generated data has version %q", v)
	}
}
