package main

import (
	"context"
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
	"heaplab/profiler/subject/imported"
	"heaplab/store"
	"heaplab/store/queue"
)

const defaultAddr = "127.0.0.1:8080"

type serveCmd struct {
	Addr      string `help:"Address to listen on; it must be on this machine (loopback)." placeholder:"HOST:PORT" default:"127.0.0.1:8080"`
	PublicURL string `help:"Address under which people reach the server, where that is another one." placeholder:"URL"`
	MaxUpload string `help:"Largest file that can be imported, 64MiB at the most." placeholder:"SIZE" default:"16MiB"`
}

// maxUploadBound is the most that --max-upload can be: a profile that is larger once it is
// decompressed is not read anyway.
var maxUploadBound = int64(heap.DefaultLimits.Raw)

func (s *serveCmd) Run(ctx context.Context, c *cli) error {
	maxUpload, err := parseMaxUpload(s.MaxUpload)
	if err != nil {
		return err
	}
	server := &server{
		Data: c.Data, Folders: c.folders(), Addr: s.Addr, PublicURL: s.PublicURL, MaxUpload: maxUpload,
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

// maxPrepared is how many bytes of prepared files, such as trained weights, outlive a start.
const maxPrepared = 8 << 30

// A server is a running heaplab on one data folder.
type server struct {
	Data string // folder
	builtin.Folders
	Addr, PublicURL string
	MaxUpload       int64 // bytes of an imported profile
	Private         bool  // serves its own process alone: nobody is told where
	Log             *slog.Logger

	URL    string     // where it listens, set by start
	failed chan error // receives why it stopped serving by itself

	stop  context.CancelFunc // ends the queue and the event streams, not other requests
	queue sync.WaitGroup
	http  *http.Server
	store *store.Store
	lock  *lock
}

// shutdownLimit is how long open requests may take once the server is told to stop.
const shutdownLimit = 8 * time.Second

// start opens the data folder and serves. It returns once the server answers.
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
	if s.store, err = store.Open(ctx, filepath.Join(s.Data, "heaplab.db"), nil); err != nil {
		return err
	}
	base, stop := context.WithCancel(context.WithoutCancel(ctx))
	app, err := s.app(ctx, public, base.Done())
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
	return s.lock.announce(s.URL)
}

// app wires the parts together.
func (s *server) app(ctx context.Context, public *url.URL, stopping <-chan struct{}) (*handlers.App, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program, to start children of it: %w", err)
	}
	found, err := cases.With(s.Folders)
	if err != nil {
		return nil, err
	}
	code := cases.Code()
	executor := &child.Executor{Path: program, Args: []string{childCommand}, Dir: filepath.Join(s.Data, "runs")}
	measured := &builtin.Subject{Cases: found, Executor: executor, Keep: filepath.Join(s.Data, "prepared"), Folders: s.Folders}
	uploaded := &imported.Subject{Executor: executor}
	q := &queue.Queue{
		Store:    s.store,
		Subjects: subject.Registry{measured, uploaded},
		Executor: executor,
		Code:     code.Version,
		Log:      s.Log,
	}
	if err := measured.Trim(maxPrepared); err != nil {
		return nil, fmt.Errorf("remove old prepared files: %w", err)
	}
	if err := q.Init(ctx); err != nil {
		return nil, err
	}
	return &handlers.App{
		Store:     s.store,
		Queue:     q,
		Builtin:   measured,
		Imported:  uploaded,
		Code:      code,
		Article:   cases.Article,
		PublicURL: public,
		MaxUpload: s.MaxUpload,
		Models:    s.Models,
		Version:   version(),
		Log:       s.Log,
		Stopping:  stopping,
	}, nil
}

func (s *server) serve(base context.Context, listener net.Listener, app *handlers.App) {
	s.failed = make(chan error, 1)
	s.queue.Go(func() { app.Queue.Run(base) })
	s.http = &http.Server{
		Handler:           app.Routes(),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      30 * time.Second, // event streams set their own
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

// close ends what start began, as far as that came.
func (s *server) close() error {
	var errs []error
	if s.stop != nil {
		s.stop()
		ctx, cancel := context.WithTimeout(context.Background(), shutdownLimit)
		defer cancel()
		if s.http.Shutdown(ctx) != nil { // some request takes too long: it is cut off
			errs = append(errs, s.http.Close())
		}
		s.queue.Wait()
	}
	if s.store != nil {
		errs = append(errs, s.store.Close())
	}
	return errors.Join(append(errs, s.lock.release())...)
}

// checkLoopback refuses an address that other machines could reach.
func checkLoopback(addr string) error {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return fmt.Errorf("--addr %s: must be of the form HOST:PORT, such as %s", addr, defaultAddr)
	}
	ip, err := netip.ParseAddr(host)
	if host == "localhost" || err == nil && ip.IsLoopback() {
		return nil
	}
	return fmt.Errorf("--addr %s: other machines could reach that address, and heaplab has no passwords yet: listen on %s, and reach it from elsewhere through an SSH tunnel", addr, defaultAddr)
}

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
