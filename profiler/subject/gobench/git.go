package gobench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A repo is a git repository that is only read. Its index, references, stash and objects do not change.
type repo struct {
	root    string // of the work tree
	prefix  string // of the module's folder below root, such as "sub/"; "" for root itself
	objects string // folder of git objects
	index   string // file
	gitDir  string
	private string // folder for objects of trees that are not committed
}

const (
	gitLimit  = 2 * time.Minute // of a git command
	waitDelay = 5 * time.Second // for programs that a command started to close its output
)

// gitFlags disable hooks and the file system monitor, keep the index in one file, and store objects fast. Filters still
// run.
var gitFlags = []string{"-c", "core.compression=0", "-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "core.quotePath=false", "-c", "core.splitIndex=false"}

// openRepo opens the repository that contains a folder. private is a folder of this program.
func openRepo(ctx context.Context, dir, private string) (repo, error) {
	r := repo{root: dir}
	out, err := r.git(ctx, nil, "rev-parse", "--show-toplevel", "--show-prefix", "--git-path", "objects", "--git-path", "index", "--absolute-git-dir")
	if err != nil {
		return r, fmt.Errorf("%s is not in a git repository: %w", dir, err)
	}
	lines := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
	if len(lines) != 5 {
		return r, fmt.Errorf("git describes the repository of %s as %q", dir, out)
	}
	absolute := func(name string) string {
		if filepath.IsAbs(name) {
			return name
		}
		return filepath.Join(dir, name)
	}
	return repo{root: lines[0], prefix: lines[1], objects: absolute(lines[2]), index: absolute(lines[3]), gitDir: lines[4], private: private}, nil
}

// git runs a git command in the repository and returns its output.
func (r repo) git(ctx context.Context, env []string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, gitLimit)
	defer cancel()
	cmd := exec.CommandContext(ctx, "git", slices.Concat(gitFlags, args)...)
	cmd.Dir = r.root
	cmd.Env = append(withoutGit(os.Environ()), "GIT_OPTIONAL_LOCKS=0", "GIT_TERMINAL_PROMPT=0", "LC_ALL=C")
	cmd.Env = append(cmd.Env, env...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr, cmd.WaitDelay = &stdout, &stderr, waitDelay
	err := cmd.Run()
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return "", fmt.Errorf("git %s took too long", args[0])
	case errors.Is(err, exec.ErrNotFound):
		return "", errors.New("there is no git on this machine")
	case err != nil:
		return "", fmt.Errorf("git %s: %s", args[0], lastLine(stderr.String(), err))
	}
	return stdout.String(), nil
}

// withoutGit returns an environment without the variables of git, which a hook or an alias sets.
func withoutGit(env []string) []string {
	return slices.DeleteFunc(slices.Clone(env), func(v string) bool { return strings.HasPrefix(v, "GIT_") })
}

// lastLine returns the last line of a program's errors, or err if there is none.
func lastLine(text string, err error) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	if last := lines[len(lines)-1]; last != "" {
		return strings.TrimPrefix(last, "fatal: ")
	}
	return err.Error()
}

// A revision is one state of the repository's files.
type revision struct {
	Commit string // hash; "" for files that are not committed
	Tree   string // hash of the tree
}

// resolve returns the revision of a reference: a branch, a tag, a commit, or another expression of git-rev-parse.
func (r repo) resolve(ctx context.Context, ref string) (revision, error) {
	out, err := r.git(ctx, nil, "rev-parse", "--verify", "--quiet", "--end-of-options", ref+"^{commit}")
	if err != nil {
		return revision{}, fmt.Errorf("git knows no commit %q in %s%s", ref, r.root, r.shallow(ctx))
	}
	commit := strings.TrimSpace(out)
	tree, err := r.git(ctx, nil, "rev-parse", "--verify", commit+"^{tree}")
	return revision{Commit: commit, Tree: strings.TrimSpace(tree)}, err
}

// shallow returns what to say about a commit that is missing from a shallow clone, or "".
func (r repo) shallow(ctx context.Context) string {
	if out, err := r.git(ctx, nil, "rev-parse", "--is-shallow-repository"); err == nil && strings.TrimSpace(out) == "true" {
		return ", which is a shallow clone: git fetch --unshallow gets all commits"
	}
	return ""
}

// mergeBase returns the best common ancestor of a reference and the current branch.
func (r repo) mergeBase(ctx context.Context, ref string) (revision, error) {
	v, err := r.resolve(ctx, ref)
	if err != nil {
		return v, err
	}
	out, err := r.git(ctx, nil, "merge-base", v.Commit, "HEAD")
	if err != nil {
		return v, fmt.Errorf("%s and the current branch have no commit in common", ref)
	}
	return r.resolve(ctx, strings.TrimSpace(out))
}

// dirty returns the revision of the files in the work tree, also those that git does not track yet, but not those
// that .gitignore names. It stores their content in the private folder.
func (r repo) dirty(ctx context.Context) (revision, error) {
	if err := os.MkdirAll(r.private, 0o700); err != nil {
		return revision{}, err
	}
	index, err := r.copyIndex()
	if err != nil {
		return revision{}, err
	}
	defer os.Remove(index)
	env := append(r.privateObjects(), "GIT_INDEX_FILE="+index)
	if _, err := r.git(ctx, env, "add", "--all", "--", ":/"); err != nil {
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			err = errors.New("git takes too long to store the files of the work tree: name large ones that are not part of the code in .gitignore")
		}
		return revision{}, err
	}
	tree, err := r.git(ctx, env, "write-tree")
	return revision{Tree: strings.TrimSpace(tree)}, err
}

// copyIndex copies the index into the private folder, and returns the name of the copy.
func (r repo) copyIndex() (string, error) {
	copied := filepath.Join(r.private, fmt.Sprintf("index-%d", time.Now().UnixNano()))
	content, err := os.ReadFile(r.index)
	if errors.Is(err, fs.ErrNotExist) { // nothing was ever added
		return copied, nil
	}
	if err != nil {
		return "", err
	}
	err = os.WriteFile(copied, content, 0o600)
	if info, failed := os.Stat(r.index); failed == nil { // git looks closer at files that changed after its index
		err = errors.Join(err, os.Chtimes(copied, info.ModTime(), info.ModTime()))
	}
	return copied, err
}

// privateObjects returns the environment in which git writes objects to the private folder.
func (r repo) privateObjects() []string {
	return []string{"GIT_OBJECT_DIRECTORY=" + r.private, "GIT_ALTERNATE_OBJECT_DIRECTORIES=" + strconv.Quote(r.objects)}
}

// checkOut writes the files of a tree into a folder that does not exist yet.
func (r repo) checkOut(ctx context.Context, tree, dir string) error {
	if err := errors.Join(os.MkdirAll(r.private, 0o700), os.MkdirAll(dir, 0o700)); err != nil {
		return err
	}
	index := filepath.Join(r.private, fmt.Sprintf("index-%d", time.Now().UnixNano()))
	defer os.Remove(index)
	// With dir as the work tree, the attributes of files are those of the tree.
	env := append(r.privateObjects(), "GIT_INDEX_FILE="+index, "GIT_DIR="+r.gitDir, "GIT_WORK_TREE="+dir)
	in := r
	in.root = dir
	if _, err := in.git(ctx, env, "read-tree", tree); err != nil {
		return err
	}
	_, err := in.git(ctx, env, "checkout-index", "--all")
	return err
}

// submodules returns the folders of the submodules in a tree, which checkOut leaves empty.
func (r repo) submodules(ctx context.Context, tree string) (folders []string, err error) {
	const commit = "160000 " // mode of an entry that is a commit
	out, err := r.git(ctx, r.privateObjects(), "ls-tree", "-r", "-z", tree)
	for entry := range strings.SplitSeq(out, "\x00") {
		if _, name, ok := strings.Cut(entry, "\t"); ok && strings.HasPrefix(entry, commit) {
			folders = append(folders, name)
		}
	}
	return folders, err
}
