package casetest

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// DataFolder returns a folder with CIFAR-10's files, each with that many images, and a file with that
// many texts.
func DataFolder(t *testing.T, images, texts int) string {
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
		write(filepath.Join("cifar-10-batches-bin", name), records.Bytes())
	}
	var lines strings.Builder
	for i := range texts {
		fmt.Fprintf(&lines, "%d\t%s film number %d\n", i%2, []string{"bad", "good"}[i%2], i)
	}
	write("reviews.tsv", []byte(lines.String()))
	write("notes.txt", []byte("nothing to train on\n"))
	return dir
}
