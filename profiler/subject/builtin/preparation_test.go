package builtin

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestTrim(t *testing.T) {
	s := Subject{Keep: filepath.Join(t.TempDir(), "prepared")}
	if err := s.Trim(10); err != nil {
		t.Errorf("without a folder: %v", err)
	}
	if err := os.Mkdir(s.Keep, 0o700); err != nil {
		t.Fatal(err)
	}
	day := time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)
	for name, age := range map[string]int{"new": 0, "recent": 1, "old": 2} {
		path := filepath.Join(s.Keep, name)
		if err := os.WriteFile(path, make([]byte, 4), 0o600); err != nil {
			t.Fatal(err)
		}
		used := day.AddDate(0, 0, -age)
		if err := os.Chtimes(path, used, used); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Trim(10); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{"new": true, "recent": true, "old": false} {
		if _, err := os.Stat(filepath.Join(s.Keep, name)); (err == nil) != want {
			t.Errorf("%s is there: %v, want %v", name, err == nil, want)
		}
	}
}
