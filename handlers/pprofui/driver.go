package pprofui

import (
	"errors"
	"flag"
	"io"
	"net/http"
	"os"
	"time"

	"github.com/google/pprof/driver"
	"github.com/google/pprof/profile"
)

// mount opens a profile with pprof and returns the handlers of its pages, by path. Calls of pprof
// must not overlap.
func mount(prof *profile.Profile) (handlers map[string]http.Handler, err error) {
	// pprof needs a folder for settings, even if there are none.
	if _, err := os.UserConfigDir(); err != nil {
		if err := os.Setenv("XDG_CONFIG_HOME", os.DevNull); err != nil {
			return nil, err
		}
	}
	err = driver.PProf(&driver.Options{
		Flagset: flags{flag.NewFlagSet("pprof", flag.ContinueOnError)},
		Fetch:   fetched{prof},
		Sym:     unavailable{},
		Obj:     unavailable{},
		UI:      unavailable{},
		Writer:  noWriter{},
		HTTPServer: func(args *driver.HTTPServerArgs) error {
			handlers = args.Handlers
			return nil
		},
	})
	return handlers, err
}

// fetched is a fetcher of a profile that is already in memory.
type fetched struct{ profile *profile.Profile }

// Fetch returns the profile without a source: if it had one, pprof would keep a copy in the home
// folder.
func (f fetched) Fetch(string, time.Duration, time.Duration) (*profile.Profile, string, error) {
	return f.profile, "", nil
}

// flags is pprof's command line.
type flags struct{ *flag.FlagSet }

func (f flags) Parse(func()) []string {
	f.SetOutput(io.Discard)
	if f.FlagSet.Parse([]string{"-http=localhost:0", "-no_browser", "-symbolize=none", "profile"}) != nil {
		return nil
	}
	return f.Args()
}

func (f flags) StringList(name, value, usage string) *[]*string {
	return &[]*string{f.String(name, value, usage)}
}

func (flags) ExtraUsage() string   { return "" }
func (flags) AddExtraUsage(string) {}

// unavailable prevents pprof from reading, printing and running anything.
type unavailable struct{}

var errUnavailable = errors.New("not available here")

func (unavailable) Symbolize(string, driver.MappingSources, *profile.Profile) error { return nil }

func (unavailable) Open(string, uint64, uint64, uint64, string) (driver.ObjFile, error) {
	return nil, errUnavailable
}

func (unavailable) Disasm(string, uint64, uint64, bool) ([]driver.Inst, error) {
	return nil, errUnavailable
}

func (unavailable) ReadLine(string) (string, error)     { return "", io.EOF }
func (unavailable) Print(...any)                        {}
func (unavailable) PrintErr(...any)                     {}
func (unavailable) IsTerminal() bool                    { return false }
func (unavailable) WantBrowser() bool                   { return false }
func (unavailable) SetAutoComplete(func(string) string) {}

// noWriter prevents pprof from writing files.
type noWriter struct{}

func (noWriter) Open(string) (io.WriteCloser, error) { return nil, errUnavailable }
