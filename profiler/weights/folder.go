package weights

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// List lists the files in a folder that have the name of a model's, .safetensors or .gguf in any case, by
// name. Links are followed as far as they stay within the folder.
func List(root *os.Root) ([]fs.FileInfo, error) {
	entries, err := fs.ReadDir(root.FS(), ".")
	if err != nil {
		return nil, err
	}
	var files []fs.FileInfo
	for _, entry := range entries {
		switch strings.ToLower(filepath.Ext(entry.Name())) {
		case ".safetensors", ".gguf":
		default:
			continue
		}
		if info, err := root.Stat(entry.Name()); err == nil && info.Mode().IsRegular() {
			files = append(files, info)
		}
	}
	return files, nil
}

// ReadIn reads the header of a file that was listed. Should it have become a pipe since, opening it does
// not wait for a writer. The error is a Fault, or the system's.
func ReadIn(root *os.Root, name string) (*File, error) {
	file, err := root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return readOpen(file, name)
}
