package heap

import (
	"path/filepath"
	"testing"
)

// BenchmarkNewDiff joins a large profile with itself, and with one of another program.
func BenchmarkNewDiff(b *testing.B) {
	if *profilesDir == "" {
		b.Skip("run with -profiles DIR")
	}
	read := func(name string) *Digest {
		d, err := read(readFile(b, filepath.Join(*profilesDir, name+".pb.gz")), DefaultLimits)
		if err != nil {
			b.Fatal(err)
		}
		return d
	}
	large, medium := read("large-compile-nethttp-rate1"), read("medium-compile-strings-rate1")
	b.Run("itself", func(b *testing.B) {
		for b.Loop() {
			NewDiff(large, large)
		}
	})
	b.Run("another", func(b *testing.B) {
		for b.Loop() {
			NewDiff(medium, large)
		}
	})
}
