package child

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"heaplab/profiler"
)

func TestEnvironmentHasHugePages(t *testing.T) {
	env := Environ(profiler.Config{})
	for key, name := range map[string]string{"thp": "enabled", "thp-defrag": "defrag", "thp-max-ptes-none": "khugepaged/max_ptes_none"} {
		text, err := os.ReadFile("/sys/kernel/mm/transparent_hugepage/" + name)
		value, known := env[key]
		switch {
		case err != nil && known:
			t.Errorf("%s = %q without a file", key, value)
		case err == nil && (value == "" || strings.ContainsAny(value, "[] ") || !strings.Contains(string(text), value)):
			t.Errorf("%s = %q, want the choice of %q", key, value, text)
		}
	}
}

func TestChosen(t *testing.T) {
	name := filepath.Join(t.TempDir(), "enabled")
	for text, want := range map[string]string{"always [madvise] never\n": "madvise", "always madvise [never]\n": "never", "": "", "511\n": "", "[": ""} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := chosen(name); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	if got := chosen(name + "missing"); got != "" {
		t.Errorf("without a file: %q", got)
	}
}
