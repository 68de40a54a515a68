package dataset

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// record returns a record whose pixels encode their position: 100·channel + row in the first
// column, 7 elsewhere.
func record(label byte) []byte {
	r := []byte{label}
	for channel := range 3 {
		for row := range 32 {
			for col := range 32 {
				v := byte(7)
				if col == 0 {
					v = byte(100*channel + row)
				}
				r = append(r, v)
			}
		}
	}
	return r
}

// write writes a file with the given records.
func write(t *testing.T, path string, records ...[]byte) {
	t.Helper()
	var data []byte
	for _, r := range records {
		data = append(data, r...)
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// trainingFiles writes five files of two records each, with labels 0 to 9, and returns their
// directory.
func trainingFiles(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for i := range 5 {
		write(t, filepath.Join(dir, fmt.Sprintf("data_batch_%d.bin", i+1)), record(byte(2*i)), record(byte(2*i+1)))
	}
	return dir
}

func TestCIFAR10(t *testing.T) {
	dir := trainingFiles(t)
	for _, test := range []struct{ most, want int }{{10, 10}, {1000, 10}, {3, 3}, {4, 4}} {
		x, labels, err := CIFAR10Train[float32](dir, test.most)
		if err != nil {
			t.Fatal(err)
		}
		if len(labels) != test.want || len(x) != test.want*32*32*3 {
			t.Errorf("at most %d: %d labels, %d numbers", test.most, len(labels), len(x))
		}
		for n, label := range labels {
			if label != int32(n) {
				t.Errorf("label %d is %d", n, label)
			}
		}
		for _, pixel := range []struct {
			row, col, channel int
			want              float32
		}{{0, 0, 0, 0}, {31, 0, 1, 131. / 255}, {5, 0, 2, 205. / 255}, {5, 1, 2, 7. / 255}} {
			last := x[(test.want-1)*32*32*3:]
			if got := last[(pixel.row*32+pixel.col)*3+pixel.channel]; got != pixel.want {
				t.Errorf("pixel %+v is %v", pixel, got)
			}
		}
	}

	write(t, filepath.Join(dir, "test_batch.bin"), record(9))
	x, labels, err := CIFAR10Test[float64](dir, 5)
	if err != nil || len(x) != 3072 || len(labels) != 1 || x[0] != 0 || x[3072-96] != 31./255 {
		t.Errorf("test images: %d numbers, labels %v, %v", len(x), labels, err)
	}
}

func TestCIFAR10SkipsUnneededFiles(t *testing.T) {
	dir := trainingFiles(t)
	if err := os.Remove(filepath.Join(dir, "data_batch_3.bin")); err != nil {
		t.Fatal(err)
	}
	if _, labels, err := CIFAR10Train[float32](dir, 4); err != nil || len(labels) != 4 {
		t.Errorf("%d labels, %v", len(labels), err)
	}
}

func TestCIFAR10Errors(t *testing.T) {
	for _, test := range []struct {
		name  string
		spoil func(path string) // changes the second file
		want  []string
	}{
		{"missing file", func(path string) { os.Remove(path) }, []string{"data_batch_2.bin", "no such file"}},
		{"directory", func(path string) { os.Remove(path); os.Mkdir(path, 0o700) }, []string{"data_batch_2.bin", "not a regular file"}},
		{"empty file", func(path string) { os.Truncate(path, 0) }, []string{"data_batch_2.bin", "empty"}},
		{"truncated record", func(path string) { os.Truncate(path, 3073+17) }, []string{"data_batch_2.bin", "record 2 has only 17 of 3073"}},
		{"truncated first record", func(path string) { os.Truncate(path, 3072) }, []string{"record 1 has only 3072 of 3073"}},
		{"invalid label", func(path string) { write(t, path, record(3), record(10)) }, []string{"data_batch_2.bin", "record 2", "label 10"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := trainingFiles(t)
			test.spoil(filepath.Join(dir, "data_batch_2.bin"))
			x, labels, err := CIFAR10Train[float32](dir, 1000)
			if err == nil || x != nil || labels != nil {
				t.Fatalf("%d numbers, %d labels, error %v", len(x), len(labels), err)
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %q does not contain %q", err, want)
				}
			}
		})
	}
	missing := filepath.Join(t.TempDir(), "nowhere")
	if _, _, err := CIFAR10Train[float32](missing, 1); err == nil || !strings.Contains(err.Error(), missing) {
		t.Errorf("missing directory: error %v", err)
	}
}
