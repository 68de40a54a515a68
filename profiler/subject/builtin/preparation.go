package builtin

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"heaplab/profiler"
	"io"
	"os"
	"path/filepath"
	"time"
)

// A Preparation is work that is long and the same for every child, such as the training of
// weights that all variants load. It is done once for each version and choice of the params
// that decide what it makes, and kept.
type Preparation struct {
	What     string        // for people, such as "the training of the model"
	Version  func() string // of the code that makes it: what another version made is not used
	Params   []Param       // that decide what is made
	Make     func(in Input, w io.Writer) error
	Duration func(p profiler.Params) time.Duration // estimate, on the reference machine
	Data     func(in Input) string                 // tells versions of what is read from a data set apart; may be nil
}

// key names what a preparation makes with given params. It is part of a file name, and has
// nothing in it that a user typed.
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

// preparedFile is what a prepare child writes in its private folder.
const preparedFile = "prepared"

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
