package builtin

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"heaplab/profiler"
)

// A Preparation is long work with the same result for every child, such as the training of weights that
// all variants load. It makes a file once for each version and each choice of its params, and keeps
// it.
type Preparation struct {
	What     string        // for people, such as "the training of the model"
	Version  func() string // of its code; files from other versions are not used
	Params   []Param       // that affect the file
	Make     func(in Input, w io.Writer) error
	Duration func(p profiler.Params) time.Duration // estimate for the reference machine
	Data     func(in Input) string                 // identifies the version of the data that it reads; may be nil
}

// key returns the file name of a preparation's result. It contains no input from users.
func (c *Case) key(in Input) string {
	hash := sha256.New()
	fmt.Fprintf(hash, "%s\n%s\n", c.Name, c.Preparation.Version())
	for _, param := range c.Preparation.Params {
		fmt.Fprintf(hash, "%s=%v\n", param.Name, in.Params[param.Name])
	}
	if c.Preparation.Data != nil {
		fmt.Fprintln(hash, c.Preparation.Data(in))
	}
	return c.Name + "-" + hex.EncodeToString(hash.Sum(nil))[:24]
}

// preparedFile is the name of the file that a prepare child writes in its private folder.
const preparedFile = "prepared"

// prepareFile makes the file that c prepares and syncs it to disk.
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

// PrepareIn makes the file that c prepares in dir, without a child. It returns in with the file.
func (c *Case) PrepareIn(dir string, in Input) (Input, error) {
	if c.Preparation == nil {
		return in, nil
	}
	in.Prepared = filepath.Join(dir, c.key(in))
	return in, c.prepareFile(in, in.Prepared)
}
