package weights

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// List returns the model files in a folder, sorted by name: those whose extension is .safetensors or
// .gguf, in upper or lower case. It follows links that stay within the folder.
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

// ReadIn reads the header of a file in a folder. It does not block, even if the file is a pipe
// without a writer. The error is a Fault or from the file system.
func ReadIn(root *os.Root, name string) (*File, error) {
	file, err := root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return readOpen(file, name)
}
