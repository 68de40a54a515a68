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

// A lock marks a data folder as owned by this process. The kernel releases it when the process ends.
type lock struct{ file *os.File }

// An ownedError says that another process owns a data folder.
type ownedError struct {
	dir string
	url string // where the owner serves; "" until it does, and if it only runs an experiment

	token string // needed to launch commands; see handlers.App.CommandToken
}

func (e *ownedError) Error() string {
	if e.url == "" {
		return fmt.Sprintf("another heaplab uses the data folder %s; wait for it to end, or choose another folder with --data", e.dir)
	}
	return fmt.Sprintf("another heaplab, at %s, uses the data folder %s; open that address, or choose another folder with --data", e.url, e.dir)
}

// acquire locks the data folder. The error is an *ownedError if another process owns it.
func acquire(dir string) (*lock, error) {
	file, err := os.OpenFile(filepath.Join(dir, "heaplab.lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock the data folder: %w", err)
	}
	err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if err == nil {
		// A restored backup may have another mode, and the file will hold the token.
		return &lock{file}, errors.Join(file.Chmod(0o600), file.Truncate(0))
	}
	defer file.Close()
	if !errors.Is(err, syscall.EWOULDBLOCK) {
		return nil, fmt.Errorf("lock the data folder: %w", err)
	}
	text, err := io.ReadAll(io.LimitReader(file, 1024))
	if err != nil {
		return nil, fmt.Errorf("read the owner of the data folder: %w", err)
	}
	url, token, _ := strings.Cut(strings.TrimSpace(string(text)), "\n")
	return nil, &ownedError{dir: dir, url: url, token: token}
}

// announce writes the owner's URL and command token to the lock file, for other heaplab processes of
// the same user.
func (l *lock) announce(url, token string) error {
	_, err := l.file.WriteAt([]byte(url+"\n"+token+"\n"), 0)
	return err
}

// release unlocks the data folder.
func (l *lock) release() error {
	return errors.Join(l.file.Truncate(0), l.file.Close())
}
