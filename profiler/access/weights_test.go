package access

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// weightsFile writes a file of random weights.
func weightsFile(t *testing.T, pages int) string {
	t.Helper()
	file, err := os.Create(filepath.Join(t.TempDir(), "weights"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if err := errors.Join(WriteWeights(file, pages*PageSize, Random(3)), file.Sync()); err != nil {
		t.Fatal(err)
	}
	return file.Name()
}

// All ways to read a file give the written checksum, cold or warm.
func TestReadersAgree(t *testing.T) {
	for _, pages := range []int{1, 9, 10, 11, 600} {
		name := weightsFile(t, pages)
		for _, touch := range Touches {
			w, err := OpenWeights(name, pages*PageSize, touch)
			if err != nil {
				t.Fatal(err)
			}
			for reader, read := range map[string]func(func()) error{"whole": w.Whole, "streamed": NewStream(w).Read, "mapped": w.Mapped} {
				marks := 0
				if err := errors.Join(w.Forget(), read(func() { marks++ })); err != nil || marks != 1 {
					t.Errorf("%d pages, %s, %s: %v, %d marks", pages, touch, reader, err, marks)
				}
				w.checksum++
				if err := read(func() {}); err == nil || !strings.Contains(err.Error(), "checksum") {
					t.Errorf("%d pages, %s, %s: error = %v", pages, touch, reader, err)
				}
				w.checksum--
			}
		}
	}
}

func TestTouchedBytes(t *testing.T) {
	for _, test := range []struct {
		touch       Touch
		pages, want int
	}{
		{First, 100, 10}, {First, 101, 11}, {First, 1, 1},
		{Strided, 100, 10}, {Strided, 101, 11}, {Strided, 9, 1},
		{All, 101, 101},
	} {
		if got := test.touch.Bytes(test.pages * PageSize); got != test.want*PageSize {
			t.Errorf("%s of %d pages = %d bytes, want %d pages", test.touch, test.pages, got, test.want)
		}
	}
}

func TestWrongFiles(t *testing.T) {
	name := weightsFile(t, 20)
	if _, err := OpenWeights(name, 21*PageSize, All); err == nil || !strings.Contains(err.Error(), name) {
		t.Errorf("a file that is too short: %v", err)
	}
	if _, err := OpenWeights(name, 19*PageSize, All); err == nil || !strings.Contains(err.Error(), name) {
		t.Errorf("a file that is too long: %v", err)
	}
	if _, err := OpenWeights(name+"x", 20*PageSize, All); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
}

// A file that is cut off while it is mapped causes an error; it does not end the process.
func TestMappedFileIsCutOff(t *testing.T) {
	name := weightsFile(t, 20)
	w, err := OpenWeights(name, 20*PageSize, All)
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	weights, err := unix.Mmap(int(file.Fd()), 0, w.size, unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Munmap(weights)
	if err := os.Truncate(name, 3*PageSize); err != nil {
		t.Fatal(err)
	}
	if _, err := w.sumMapped(weights); err == nil || !strings.Contains(err.Error(), "cut off") {
		t.Errorf("mapped: %v", err)
	}
	if err := NewStream(w).Read(func() {}); err == nil || !strings.Contains(err.Error(), name) {
		t.Errorf("streamed: %v", err)
	}
}
