package gobench

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/mod/module"
)

// A Module is a Go module whose benchmarks can be launched from the pages and by the API.
type Module struct {
	Dir  string // folder
	Path string // as its go.mod has it; it names the module in pages and in the API

	wake chan struct{} // asks Run to read the files

	mu      sync.Mutex
	list    List
	read    time.Time     // when list was read
	took    time.Duration // to read it
	reading chan struct{} // is closed when the files have been read; nil if nobody waits for that
}

// Modules are the modules that a server allows.
type Modules []*Module

// OpenModules returns the modules in folders. Each must be in a git repository.
func OpenModules(ctx context.Context, dirs []string) (Modules, error) {
	var out Modules
	for _, dir := range dirs {
		m, err := openModule(ctx, dir)
		if err != nil {
			return nil, err
		}
		if other := out.Find(m.Path); other != nil && other.Dir != m.Dir {
			return nil, fmt.Errorf("%s and %s are the same module, %s: choose one", other.Dir, m.Dir, m.Path)
		} else if other == nil {
			out = append(out, m)
		}
	}
	return out, nil
}

func openModule(ctx context.Context, dir string) (*Module, error) {
	full, err := realPath(dir)
	if err != nil {
		return nil, fmt.Errorf("%s is not a folder", dir)
	}
	name, err := modulePath(full)
	if err != nil {
		return nil, err
	}
	if err := module.CheckImportPath(name); err != nil {
		return nil, fmt.Errorf("the go.mod in %s names no module: %w", dir, err)
	}
	if _, err := openRepo(ctx, full, ""); err != nil {
		return nil, err
	}
	return &Module{Dir: full, Path: name, wake: make(chan struct{}, 1)}, nil
}

// realPath returns the absolute path of a folder without symbolic links.
func realPath(dir string) (string, error) {
	full, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	if full, err = filepath.EvalSymlinks(full); err != nil {
		return "", err
	}
	if info, err := os.Stat(full); err != nil || !info.IsDir() {
		return "", fmt.Errorf("%s is not a folder", dir)
	}
	return full, nil
}

// Find returns the module with a path, or nil.
func (ms Modules) Find(path string) *Module {
	i := slices.IndexFunc(ms, func(m *Module) bool { return m.Path == path })
	if i < 0 {
		return nil
	}
	return ms[i]
}

// At returns the module in a folder, or nil.
func (ms Modules) At(dir string) *Module {
	full, err := realPath(dir)
	i := slices.IndexFunc(ms, func(m *Module) bool { return m.Dir == full })
	if err != nil || i < 0 {
		return nil
	}
	return ms[i]
}

// Run reads the files of the modules: once now, and whenever Benchmarks asks for it. It returns when ctx ends.
func (ms Modules) Run(ctx context.Context) {
	var running sync.WaitGroup
	for _, m := range ms {
		running.Go(func() { m.run(ctx) })
		m.ask()
	}
	running.Wait()
}

func (m *Module) run(ctx context.Context) {
	l := lister{dir: m.Dir, path: m.Path}
	for {
		select {
		case <-ctx.Done():
			return
		case <-m.wake:
		}
		start := time.Now()
		list := l.read(ctx)
		m.mu.Lock()
		m.list, m.read, m.took = list, time.Now(), time.Since(start)
		close(m.reading)
		m.reading = nil
		m.mu.Unlock()
	}
}

// ask asks for the files to be read, and returns a channel that is closed when they have been. It returns nil if they
// were read just now: reading takes half of the time of one processor at most.
func (m *Module) ask() <-chan struct{} {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.reading == nil && time.Since(m.read) > m.took {
		m.reading = make(chan struct{})
		m.wake <- struct{}{}
	}
	return m.reading
}

// Benchmarks returns the benchmarks of the module's files as they are now. If reading them takes longer than ctx, it
// returns those of the last time, and reading goes on.
func (m *Module) Benchmarks(ctx context.Context) List {
	if read := m.ask(); read != nil {
		select {
		case <-read:
		case <-ctx.Done():
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	list := m.list
	list.Reading = m.reading != nil
	return list
}

// Search returns the benchmarks whose package or name contains each word of a query, in any case.
func (l List) Search(query string) []Benchmark {
	wanted := strings.Fields(strings.ToLower(query))
	if len(wanted) == 0 {
		return l.Benchmarks
	}
	var found []Benchmark
	for _, b := range l.Benchmarks {
		text := strings.ToLower(b.Package + " " + b.Name)
		if !slices.ContainsFunc(wanted, func(word string) bool { return !strings.Contains(text, word) }) {
			found = append(found, b)
		}
	}
	return found
}
