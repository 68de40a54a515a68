package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"heaplab/handlers"
	"heaplab/profiler"
	"heaplab/profiler/cases"
	"heaplab/profiler/child"
	"heaplab/profiler/heap"
	"heaplab/profiler/subject"
	"heaplab/profiler/subject/builtin"
	"heaplab/profiler/subject/command"
	"heaplab/profiler/subject/gobench"
	"heaplab/profiler/subject/imported"
	"heaplab/store"
	"heaplab/store/queue"
)

const defaultAddr = "127.0.0.1:8080"

type serveCmd struct {
	Addr      string   `help:"Address to listen on; it must be on this machine (loopback)." placeholder:"HOST:PORT" default:"127.0.0.1:8080"`
	PublicURL string   `help:"URL that users open, if it differs from --addr." placeholder:"URL"`
	Module    []string `help:"Folder of a Go module in a git repository, whose benchmarks can be launched from the pages; can be repeated." placeholder:"DIR" sep:"none"`
	MaxUpload string   `help:"Largest file that can be imported, at most 64MiB." placeholder:"SIZE" default:"16MiB"`
}

// maxUploadBound is the maximum of --max-upload. Profiles are not read if they are larger after
// decompression.
var maxUploadBound = int64(heap.DefaultLimits.Raw)

func (s *serveCmd) Run(ctx context.Context, c *cli) error {
	maxUpload, err := parseMaxUpload(s.MaxUpload)
	if err != nil {
		return err
	}
	modules, err := s.modules(ctx)
	if err != nil {
		return err
	}
	server := &server{
		Modules: modules,
		Data:    c.Data, Folders: c.folders(), Addr: s.Addr, PublicURL: s.PublicURL, MaxUpload: maxUpload,
		Log: slog.New(slog.NewJSONHandler(os.Stderr, nil)),
	}
	if err := server.start(ctx); err != nil {
		return err
	}
	fmt.Printf("heaplab is at %s, its data in %s\n", server.URL, c.Data)
	select {
	case <-ctx.Done():
	case err := <-server.failed:
		return errors.Join(err, server.close())
	}
	return server.close()
}

// modules opens the modules that --module names. Without passwords, everybody who can open a page could run their code,
// so there is no page for others.
func (s *serveCmd) modules(ctx context.Context) (gobench.Modules, error) {
	if len(s.Module) > 0 && s.PublicURL != "" {
		return nil, errors.New("--module with --public-url: everybody who opens that URL could run the code of the module, and heaplab has no passwords: leave out one of them")
	}
	modules, err := gobench.OpenModules(ctx, s.Module)
	if err != nil {
		return nil, fmt.Errorf("--module: %w", err)
	}
	return modules, nil
}

// maxPrepared is the size of the prepared files, such as trained weights, that a start of the server
// keeps, in bytes.
const maxPrepared = 8 << 30

// A server is a running heaplab on one data folder.
type server struct {
	Data string // folder
	builtin.Folders
	Modules         gobench.Modules // whose benchmarks pages can launch
	Addr, PublicURL string
	MaxUpload       int64 // bytes of an imported profile
	Private         bool  // serves only its own process, and does not announce its address
	Log             *slog.Logger

	URL    string     // set by start
	token  string     // for commands, set by start
	failed chan error // receives the error if it stops by itself

	stop  context.CancelFunc // ends the queue, the reading of modules and the event streams, but not other requests
	queue sync.WaitGroup     // also of the reading of modules
	http  *http.Server
	store *store.Store
	lock  *lock
}

// shutdownLimit limits the time that open requests have after the server is told to stop.
const shutdownLimit = 8 * time.Second

// start opens the data folder and starts to serve. The server answers when start returns.
func (s *server) start(ctx context.Context) (err error) {
	public, err := parsePublicURL(s.PublicURL)
	if err != nil {
		return err
	}
	if err := checkLoopback(s.Addr); err != nil {
		return err
	}
	if err := os.MkdirAll(s.Data, 0o700); err != nil {
		return fmt.Errorf("make the data folder: %w", err)
	}
	if s.lock, err = acquire(s.Data); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close())
		}
	}()
	base, stop := context.WithCancel(context.WithoutCancel(ctx))
	app, err := s.open(ctx, public, base.Done())
	if err != nil {
		stop()
		return err
	}
	listener, err := net.Listen("tcp", s.Addr)
	if err != nil {
		stop()
		return fmt.Errorf("listen on %s: %w; choose another address with --addr", s.Addr, err)
	}
	s.URL = "http://" + listener.Addr().String()
	s.stop = stop
	s.serve(base, listener, app)
	if s.Private {
		return nil
	}
	return s.lock.announce(s.URL, s.token)
}

// open opens the data folder and connects the parts.
func (s *server) open(ctx context.Context, public *url.URL, stopping <-chan struct{}) (*handlers.App, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program, to start children of it: %w", err)
	}
	found, err := cases.With(s.Folders)
	if err != nil {
		return nil, err
	}
	if s.store, err = store.Open(ctx, filepath.Join(s.Data, "heaplab.db"), cases.OldDesigns(found)); err != nil {
		return nil, err
	}
	code := cases.Code()
	executor := &child.Executor{Path: program, Args: []string{childCommand}, Dir: filepath.Join(s.Data, "runs")}
	measured := &builtin.Subject{Cases: found, Executor: executor, Keep: filepath.Join(s.Data, "prepared"), Code: code.Version, Folders: s.Folders}
	uploaded := &imported.Subject{Executor: executor}
	benchmarks := &gobench.Subject{Executor: executor, Folder: filepath.Join(s.Data, "gobench")}
	q := &queue.Queue{
		Store:    s.store,
		Subjects: subject.Registry{measured, uploaded, &command.Subject{Executor: executor}, benchmarks},
		Executor: executor,
		Log:      s.Log,
	}
	if err := measured.Trim(maxPrepared); err != nil {
		return nil, fmt.Errorf("remove old prepared files: %w", err)
	}
	if err := benchmarks.Clean(); err != nil {
		return nil, fmt.Errorf("remove the folders of benchmarks: %w", err)
	}
	if err := q.Init(ctx); err != nil {
		return nil, err
	}
	s.token = rand.Text()
	return &handlers.App{
		CommandToken: s.token,
		Store:        s.store,
		Queue:        q,
		Builtin:      measured,
		Imported:     uploaded,
		Modules:      s.Modules,
		Code:         code,
		Article:      cases.Article,
		PublicURL:    public,
		MaxUpload:    s.MaxUpload,
		MaxBinary:    maxBinary,
		Models:       s.Models,
		Version:      version(),
		Log:          s.Log,
		Stopping:     stopping,
	}, nil
}

func (s *server) serve(base context.Context, listener net.Listener, app *handlers.App) {
	s.failed = make(chan error, 1)
	s.queue.Go(func() { app.Queue.Run(base) })
	s.queue.Go(func() { s.Modules.Run(base) })
	s.http = &http.Server{
		Handler:           app.Routes(),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      30 * time.Second, // event streams set their own deadlines
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(s.Log.Handler(), slog.LevelWarn),
	}
	go func() {
		if err := s.http.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			s.failed <- err
		}
	}()
}

// close ends everything that start has started, even if start failed.
func (s *server) close() error {
	var errs []error
	if s.stop != nil {
		s.stop()
		ctx, cancel := context.WithTimeout(context.Background(), shutdownLimit)
		defer cancel()
		if s.http.Shutdown(ctx) != nil { // some request takes too long
			errs = append(errs, s.http.Close())
		}
		s.queue.Wait()
	}
	if s.store != nil {
		errs = append(errs, s.store.Close())
	}
	return errors.Join(append(errs, s.lock.release())...)
}

// checkLoopback returns an error for an address that other machines can reach.
func checkLoopback(addr string) error {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return fmt.Errorf("--addr %s: must be of the form HOST:PORT, such as %s", addr, defaultAddr)
	}
	ip, err := netip.ParseAddr(host)
	if host == "localhost" || err == nil && ip.IsLoopback() {
		return nil
	}
	return fmt.Errorf("--addr %s: other machines could reach that address, and heaplab has no passwords: listen on %s, and use an SSH tunnel from other machines", addr, defaultAddr)
}

// maxBinary is the size of the largest program that can be uploaded beside a profile, in bytes.
const maxBinary = 256 << 20

func parseMaxUpload(s string) (int64, error) {
	n, err := profiler.ParseSize(s)
	if err != nil || n < 1<<10 || n > maxUploadBound {
		return 0, fmt.Errorf("--max-upload %s: must be a size from 1KiB to %s", s, profiler.FormatSize(maxUploadBound))
	}
	return n, nil
}

func parsePublicURL(s string) (*url.URL, error) {
	if s == "" {
		return nil, nil
	}
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || strings.Trim(u.Path, "/") != "" {
		return nil, fmt.Errorf("--public-url %s: must be of the form https://HOST, without a path", s)
	}
	return u, nil
}
