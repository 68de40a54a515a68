package profiler

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// A Preparation is work that is long and the same for every child, such as the training of
// weights that all variants load. It is done once for each version and choice of the params
// that decide what it makes, and kept.
type Preparation struct {
	What     string        // for people, such as "the training of the model"
	Version  func() string // of the code that makes it: what another version made is not used
	Params   []string      // names of the params that decide what is made
	Make     func(in Input, w io.Writer) error
	Duration func(p Params) time.Duration // estimate, on the reference machine
	Data     func(in Input) string        // tells versions of what is read from a data set apart; may be nil
}

// key names what a preparation makes with given params. It is part of a file's name, and
// holds nothing that somebody typed.
func (c *Case) key(in Input) string {
	hash := sha256.New()
	fmt.Fprintf(hash, "%s\n%s\n", c.Name, c.Preparation.Version())
	for _, name := range c.Preparation.Params {
		if !c.counts(in.Params, name) {
			continue
		}
		fmt.Fprintf(hash, "%s=%v\n", name, in.Params[name])
	}
	if c.Preparation.Data != nil {
		fmt.Fprintln(hash, c.Preparation.Data(in))
	}
	return c.Name + "-" + hex.EncodeToString(hash.Sum(nil))[:24]
}

// preparedFile is what a prepare child writes in its private folder.
const preparedFile = "prepared"

// prepare makes what the other children of an experiment load.
func prepare(c *Case, in Input) (answer, error) {
	return answer{Calls: 1}, c.prepareFile(in, preparedFile)
}

// prepareFile makes a file of what c prepares, all of it on the disk when it returns.
func (c *Case) prepareFile(in Input, name string) error {
	file, err := os.Create(name)
	if err != nil {
		return err
	}
	defer file.Close()
	w := bufio.NewWriterSize(file, 1<<20)
	if err := c.Preparation.Make(in, w); err != nil {
		return fmt.Errorf("%s: %w", c.Preparation.What, err)
	}
	return errors.Join(w.Flush(), file.Sync(), file.Close())
}

// PrepareIn makes what c prepares in this process, in dir, and returns in with it.
func (c *Case) PrepareIn(dir string, in Input) (Input, error) {
	if c.Preparation == nil {
		return in, nil
	}
	in.Prepared = filepath.Join(dir, c.key(in))
	return in, c.prepareFile(in, in.Prepared)
}

// Prepared reports whether what c prepares with these params is there already; also where c
// prepares nothing.
func (e *Executor) Prepared(c *Case, p Params) bool {
	name := e.PreparedName(c, p)
	if name == "" {
		return true
	}
	_, err := os.Stat(name)
	return err == nil
}

// PreparedName is the name of the file of what c prepares with these params: params that lead to
// the same have the same. It is "" where c prepares nothing.
func (e *Executor) PreparedName(c *Case, p Params) string {
	if c.Preparation == nil {
		return ""
	}
	return filepath.Join(e.Keep, c.key(Input{Params: p, Folders: e.Folders}))
}

// Prepare makes what c prepares in a child, unless it is there, and returns the file; "" where
// c prepares nothing. Errors are as those of Run.
func (e *Executor) Prepare(ctx context.Context, c *Case, p Params, config Config) (string, error) {
	name := e.PreparedName(c, p)
	if name == "" {
		return "", nil
	}
	if e.Prepared(c, p) {
		now := time.Now()
		return name, os.Chtimes(name, now, now) // see Trim
	}
	if err := os.MkdirAll(e.Keep, 0o700); err != nil {
		return "", fmt.Errorf("make the folder for what is prepared: %w", err)
	}
	config.GOGC, config.GOMEMLIMIT = "100", off // not what is measured: settings that are would only slow it down
	spec := Spec{Task: Task{Kind: Prepare, Variant: c.Baseline().Name}, Case: c.Name, Params: p, Config: config}
	_, err := e.try(ctx, spec, func(dir string) error { return os.Rename(filepath.Join(dir, preparedFile), name) })
	return name, err
}

// Trim removes what was prepared and not used for longest, until the rest takes no more than so
// many bytes. What is gone is made again when it is asked for.
func (e *Executor) Trim(most int64) error {
	entries, err := os.ReadDir(e.Keep)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var files []fs.FileInfo
	for _, entry := range entries {
		info, err := entry.Info()
		if err == nil && info.Mode().IsRegular() {
			files = append(files, info)
		}
	}
	slices.SortFunc(files, func(a, b fs.FileInfo) int { return b.ModTime().Compare(a.ModTime()) })
	var kept int64
	for _, file := range files {
		if kept += file.Size(); kept > most {
			err = errors.Join(err, os.Remove(filepath.Join(e.Keep, file.Name())))
		}
	}
	return err
}
