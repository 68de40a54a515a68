package gobench

import (
	"context"
	"io/fs"
	"path"
	"strconv"
	"strings"

	"heaplab/profiler/listing"
)

// A tree has the Go files of one version. It reads them from git, so that it follows no link and finds no file that git
// did not list in the version: profiles can name any file, because //line directives can.
type tree struct {
	repo    repo
	hash    string
	folders map[string]map[string]string // objects of files by name, by path of the folder
	files   map[string]*listing.File     // by path
}

func (r repo) tree(hash string) *tree {
	return &tree{repo: r, hash: hash, folders: map[string]map[string]string{}, files: map[string]*listing.File{}}
}

// maxSourceFile is the largest size of a file whose functions are shown.
const maxSourceFile = 4 << 20

// folder returns the objects of the Go files in a folder, by name. It leaves out links and submodules.
func (t *tree) folder(ctx context.Context, dir string) map[string]string {
	if known, ok := t.folders[dir]; ok {
		return known
	}
	files := map[string]string{}
	t.folders[dir] = files
	name := t.hash
	if dir != "." {
		name += ":" + dir
	}
	out, err := t.repo.git(ctx, t.repo.privateObjects(), "ls-tree", "-z", "--long", "--full-tree", name)
	if err != nil { // the version does not have the folder
		return files
	}
	for entry := range strings.SplitSeq(out, "\x00") {
		about, file, _ := strings.Cut(entry, "\t")
		fields := strings.Fields(about) // mode, type, object and size
		if len(fields) != 4 || !strings.HasPrefix(fields[0], "100") || !strings.HasSuffix(file, ".go") {
			continue
		}
		if size, err := strconv.Atoi(fields[3]); err == nil && size <= maxSourceFile {
			files[file] = fields[2]
		}
	}
	return files
}

// open returns a file by its path in the repository, or nil if the version does not have it.
func (t *tree) open(ctx context.Context, name string) *listing.File {
	if !fs.ValidPath(name) {
		return nil
	}
	if known, ok := t.files[name]; ok {
		return known
	}
	t.files[name] = nil
	dir, file := path.Split(name)
	object, ok := t.folder(ctx, path.Clean(dir))[file]
	if !ok {
		return nil
	}
	text, err := t.repo.git(ctx, t.repo.privateObjects(), "cat-file", "blob", object)
	if err != nil {
		return nil
	}
	parsed, err := listing.ParseFile(file, text)
	if err != nil {
		return nil
	}
	t.files[name] = parsed
	return parsed
}
