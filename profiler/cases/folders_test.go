package cases

import (
	"path/filepath"
	"strings"
	"testing"

	"heaplab/profiler/cases/casetest"
	"heaplab/profiler/cases/testbed"
	"heaplab/profiler/subject/builtin"
)

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
	found, err := With(builtin.Folders{Dataset: casetest.DataFolder(t, 1, 1)})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"preallocation": "generated cifar10", "pruning": "generated cifar10", "integer": "generated cifar10", "distillation": "generated cifar10", "training": "generated cifar10",
		"precision": "generated reviews.tsv", "precision-training": "generated reviews.tsv",
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

// Every case trains on the data of a folder, and reports what is wrong with it.
func TestTrainingOnDataSets(t *testing.T) {
	small := map[string]map[string]any{
		"preallocation": {"data": "cifar10", "batch": 4, "filters": 2, "examples": 12, "epochs": 1},
		"pruning":       {"data": "cifar10", "batch": 4, "filters": 2, "examples": 40, "epochs": 2, "frequency": 1},
		"integer":       {"data": "cifar10", "batch": 4, "filters": 2, "examples": 12, "epochs": 1},
		"distillation":  {"data": "cifar10", "batch": 4, "filters": 4, "student": 2, "examples": 40, "epochs": 2, "seeds": 1},
		"training":      {"data": "cifar10", "batch": 4, "filters": 2, "examples": 12, "epochs": 1},
		"precision":     {"data": "reviews.tsv", "batch": 4, "vocab": 30, "steps": 5, "embedding": 3, "units": 3, "hidden": 2, "examples": 40, "epochs": 2},

		"precision-training": {"data": "reviews.tsv", "batch": 4, "vocab": 30, "steps": 5, "embedding": 3, "units": 3, "hidden": 2, "examples": 40, "epochs": 2},
	}
	for name, raw := range small {
		t.Run(name, func(t *testing.T) {
			dir := casetest.DataFolder(t, testbed.ImageTests, 240)
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
			if err := fitOrPrepare(t, c, in); err != nil {
				t.Error(err)
			}
			in.Dataset = casetest.DataFolder(t, 1, 1)
			if err := fitOrPrepare(t, c, in); err == nil || !strings.Contains(err.Error(), "the params need") {
				t.Errorf("too little data: %v", err)
			}
			in.Dataset = t.TempDir()
			if err := fitOrPrepare(t, c, in); err == nil {
				t.Error("no error for missing data")
			}
		})
	}
}

// fitOrPrepare does a case's fit or, if it has none, its preparation.
func fitOrPrepare(t *testing.T, c *builtin.Case, in builtin.Input) error {
	fit := c.Baseline().Fit
	if fit == nil {
		_, err := c.PrepareIn(t.TempDir(), in)
		return err
	}
	_, err := fit(in, testbed.Unwatched)
	return err
}

func TestCIFARNeedsItsImageSize(t *testing.T) {
	found, err := With(builtin.Folders{Dataset: casetest.DataFolder(t, 1, 1)})
	if err != nil {
		t.Fatal(err)
	}
	_, faults := builtin.Find(found, "preallocation").Resolve(map[string]any{"data": "cifar10", "image": 64})
	if !strings.Contains(faults.For("image"), "must be 32") {
		t.Errorf("faults = %v", faults)
	}
}
