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

// mount opens a profile with pprof and returns the handlers of its pages, by their path. It has
// to be pprof's only caller at the time.
func mount(prof *profile.Profile) (handlers map[string]http.Handler, err error) {
	// pprof wants to know where settings would lie, even if there are none.
	if _, err := os.UserConfigDir(); err != nil {
		if err := os.Setenv("XDG_CONFIG_HOME", os.DevNull); err != nil {
			return nil, err
		}
	}
	err = driver.PProf(&driver.Options{
		Flagset: flags{flag.NewFlagSet("pprof", flag.ContinueOnError)},
		Fetch:   fetched{prof},
		Sym:     nothing{},
		Obj:     nothing{},
		UI:      nothing{},
		Writer:  nowhere{},
		HTTPServer: func(args *driver.HTTPServerArgs) error {
			handlers = args.Handlers
			return nil
		},
	})
	return handlers, err
}

// fetched is a profile for pprof to fetch.
type fetched struct{ profile *profile.Profile }

// Fetch names no source: of what has one, pprof keeps a copy in the home folder.
func (f fetched) Fetch(string, time.Duration, time.Duration) (*profile.Profile, string, error) {
	return f.profile, "", nil
}

// flags are pprof's command line.
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

// nothing stands in for all that pprof would read, write, print or run.
type nothing struct{}

var errNothing = errors.New("not available here")

func (nothing) Symbolize(string, driver.MappingSources, *profile.Profile) error { return nil }

func (nothing) Open(string, uint64, uint64, uint64, string) (driver.ObjFile, error) {
	return nil, errNothing
}

func (nothing) Disasm(string, uint64, uint64, bool) ([]driver.Inst, error) { return nil, errNothing }

func (nothing) ReadLine(string) (string, error)     { return "", io.EOF }
func (nothing) Print(...any)                        {}
func (nothing) PrintErr(...any)                     {}
func (nothing) IsTerminal() bool                    { return false }
func (nothing) WantBrowser() bool                   { return false }
func (nothing) SetAutoComplete(func(string) string) {}

// nowhere is where pprof would write files.
type nowhere struct{}

func (nowhere) Open(string) (io.WriteCloser, error) { return nil, errNothing }
