package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"heaplab/profiler/weights/weightstest"
)

// A browser can choose a file in the folder of models, and read its prediction and its layers.
func TestPredictInTheBrowser(t *testing.T) {
	models := t.TempDir()
	weightstest.WriteSafetensors(t, filepath.Join(models, "gpt2.safetensors"), weightstest.GPT2Small()...)
	if err := os.WriteFile(filepath.Join(models, "bad.gguf"), []byte("GGUF\x09\x00\x00\x00"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("HEAPLAB_MODELS", models)
	p := newTab(t)
	d := startDashboard(t, t.TempDir())
	p.open(d.url + "/cases")
	p.click(`main a[href="/predict"]`)
	p.until(`document.querySelector('#model')`)
	p.audit("predict-choose")
	eval[string](p, `document.querySelector('#model').value = 'gpt2.safetensors'`)
	p.click(`form[action="/predict"] button`)
	p.until(`location.search === '?file=gpt2.safetensors' && !!document.querySelector('.savings')`)
	if text := p.text(); !strings.Contains(text, "124,439,808") || !strings.Contains(text, "3.90 × less") {
		t.Errorf("the prediction says %.600q", text)
	}
	p.click(`.parts details summary`)
	p.until(`document.querySelector('.parts details').open`)
	p.audit("predict")
	p.expected = "422"
	p.open(d.url + "/predict?file=bad.gguf")
	p.audit("predict-fault")
}
