package handlers_test

import (
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"heaplab/profiler/weights/weightstest"
)

// newModelSite returns a site with a folder of valid and invalid models, and a model outside of the
// folder.
func newModelSite(t *testing.T) *site {
	t.Helper()
	s := newSite(t)
	parent := t.TempDir()
	dir := filepath.Join(parent, "models")
	if err := os.MkdirAll(filepath.Join(dir, "folder.gguf"), 0o700); err != nil {
		t.Fatal(err)
	}
	weightstest.WriteSafetensors(t, filepath.Join(parent, "secret.safetensors"), weightstest.GPT2(1, 8, 10, 4)...)
	weightstest.WriteSafetensors(t, filepath.Join(dir, "gpt2.safetensors"), weightstest.GPT2Small()...)
	weightstest.WriteGGUF(t, filepath.Join(dir, "a <b>.GGUF"), nil, weightstest.Tensor{Name: "x.weight", Type: "Q4_0", Shape: []int64{4, 32}})
	for name, content := range map[string]string{"lies.safetensors": "\xff\xff\xff\xff\xff\xff\xff\x7f{}", "notes.txt": "no model"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, target := range map[string]string{"out.gguf": "../secret.safetensors", "within.gguf": "gpt2.safetensors"} {
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe.gguf"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.app.Models = dir
	return s
}

func TestPredict(t *testing.T) {
	s := newModelSite(t)
	list := s.get("/predict")
	list.want(t, http.StatusOK, `<option value="gpt2.safetensors"`)
	list.want(t, http.StatusOK, `<option value="a &lt;b&gt;.GGUF"`)
	list.want(t, http.StatusOK, `<option value="within.gguf"`)
	for _, name := range []string{"out.gguf", "pipe.gguf", "folder.gguf", "notes.txt", "secret"} {
		if strings.Contains(list.body, name) {
			t.Errorf("the page lists %s", name)
		}
	}
	chosen := s.get("/predict?file=gpt2.safetensors")
	for _, want := range []string{"124,439,808", "497,759,232 B", "121.8 MiB", "h.11"} {
		chosen.want(t, http.StatusOK, want)
	}
	s.get("/predict?file="+url.QueryEscape("a <b>.GGUF")).want(t, http.StatusOK, "Q4_0 (1 tensor)")
	s.get("/predict?file=within.gguf").want(t, http.StatusOK, "124,439,808")
	s.get("/cases").want(t, http.StatusOK, `href="/predict"`)
}

func TestPredictRefuses(t *testing.T) {
	s := newModelSite(t)
	for name, want := range map[string]struct {
		status int
		text   string
	}{
		"lies.safetensors":      {422, "9223372036854775807 bytes"},
		"nothing.gguf":          {404, "no such file"},
		"../secret.safetensors": {404, "no such file"},
		"/etc/passwd":           {404, "no such file"},
		"out.gguf":              {404, "no such file"},
		"pipe.gguf":             {404, "no such file"},
		"notes.txt":             {404, "no such file"},
		"x\x00.gguf":            {404, "no such file"},
	} {
		s.get("/predict?file="+url.QueryEscape(name)).want(t, want.status, want.text)
	}
}

func TestPredictWithoutFolder(t *testing.T) {
	s := newSite(t)
	s.get("/predict").want(t, http.StatusOK, "--models DIR")
	s.get("/predict?file=x.gguf").want(t, http.StatusNotFound, "models folder")
	s.app.Models = filepath.Join(t.TempDir(), "removed")
	s.get("/predict").want(t, http.StatusInternalServerError, "log")
}
