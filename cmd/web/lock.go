package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// A lock marks a data folder as owned by this process. It holds for as long as the process
// lives, however it ends.
type lock struct{ file *os.File }

// An ownedError says that another process owns a data folder.
type ownedError struct {
	dir string
	url string // where the owner serves; empty before it does, and where it only runs an experiment
}

func (e *ownedError) Error() string {
	if e.url == "" {
		return fmt.Sprintf("another heaplab uses the data folder %s; wait for it to end, or choose another folder with --data", e.dir)
	}
	return fmt.Sprintf("another heaplab, at %s, uses the data folder %s; open that address, or choose another folder with --data", e.url, e.dir)
}

// acquire takes the data folder, or fails with an *ownedError.
func acquire(dir string) (*lock, error) {
	file, err := os.OpenFile(filepath.Join(dir, "heaplab.lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock the data folder: %w", err)
	}
	err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if err == nil {
		return &lock{file}, file.Truncate(0)
	}
	defer file.Close()
	if !errors.Is(err, syscall.EWOULDBLOCK) {
		return nil, fmt.Errorf("lock the data folder: %w", err)
	}
	url, err := io.ReadAll(io.LimitReader(file, 1024))
	if err != nil {
		return nil, fmt.Errorf("read who uses the data folder: %w", err)
	}
	return nil, &ownedError{dir: dir, url: strings.TrimSpace(string(url))}
}

// announce writes where the owner serves, for those who come later.
func (l *lock) announce(url string) error {
	_, err := l.file.WriteAt([]byte(url+"\n"), 0)
	return err
}

// release gives the folder back.
func (l *lock) release() error {
	return errors.Join(l.file.Truncate(0), l.file.Close())
}
