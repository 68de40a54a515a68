package gobench

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"heaplab/profiler"
	"heaplab/profiler/child"
)

// A mode says what a test binary measures, see hooks.
type mode string

const (
	modeMeasure mode = "measure"
	modeLive    mode = "live"
	modeAllocs  mode = "allocs"
	modePeak    mode = "peak"
)

// A leaf is a benchmark without sub-benchmarks.
type leaf struct {
	Name   string  `json:"name"`   // as go test prints it, without the number of processors
	N      int64   `json:"n"`      // operations of a run
	Brief  int64   `json:"brief"`  // operations of a run that does more than count
	Loop   bool    `json:"loop"`   // it uses B.Loop
	Resets int     `json:"resets"` // calls of ResetTimer
	Bytes  float64 `json:"-"`      // allocated by an operation in the first run
	Paired bool    `json:"paired"` // the other sides have other names for it
}

// id returns the same text for the leaves of all sides that are compared.
func (l leaf) id() string {
	if l.Paired {
		return ""
	}
	return l.Name
}

// Names of files in the private folder of a test binary.
const (
	orderFile   = "order"
	resultsFile = "results"
)

// orderVariable names the order of a test binary, see hooks.
const orderVariable = "HEAPLAB_BENCHMARK"

// writeOrder writes an order into the private folder of a test binary. Without leaves, the binary measures all
// benchmarks that its flags choose. expect is the live heap that a profile of mode peak is about to have, or 0.
func writeOrder(dir string, m mode, profile string, expect int64, leaves []leaf) error {
	var text strings.Builder
	fmt.Fprintf(&text, "mode %s\nresults %s\nprofile %s\nexpect %d\n", m, filepath.Join(dir, resultsFile), filepath.Join(dir, profile), expect)
	for _, l := range leaves {
		fmt.Fprintf(&text, "leaf %q %d %t %d\n", l.Name, l.N, l.Loop, l.Resets)
	}
	return os.WriteFile(filepath.Join(dir, orderFile), []byte(text.String()), 0o600)
}

// A result is what one run of a benchmark measured.
type result struct {
	leaf
	stops             int64 // of the timer
	ns, bytes, allocs int64
	values            []profiler.Measurement // of other units
}

// readResults returns the last result of each benchmark, in the order of the first. Other results are of runs with
// fewer operations.
func readResults(dir string) ([]result, error) {
	file, err := os.Open(filepath.Join(dir, resultsFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var all []result
	at := map[string]int{}
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		r, err := parseResult(lines.Text())
		if _, ok := errors.AsType[*profiler.RunError](err); ok {
			return nil, err
		}
		if err != nil {
			return nil, fmt.Errorf("read the result %q: %w", lines.Text(), err)
		}
		if i, ok := at[r.Name]; ok {
			all[i] = r
			continue
		}
		at[r.Name] = len(all)
		all = append(all, r)
	}
	return all, lines.Err()
}

// parseResult reads a line of results: a quoted name, seven numbers, and values as unit=value, where the unit may be
// quoted.
func parseResult(line string) (r result, err error) {
	quoted, err := strconv.QuotedPrefix(line)
	if err != nil {
		return r, err
	}
	if r.Name, err = strconv.Unquote(quoted); err != nil {
		return r, err
	}
	fields := strings.Fields(line[len(quoted):])
	if len(fields) < 7 {
		return r, errors.New("it is incomplete")
	}
	numbers := strings.Join(fields[:7], " ")
	if _, err := fmt.Sscanf(numbers, "%d %t %d %d %d %d %d", &r.N, &r.Loop, &r.Resets, &r.stops, &r.ns, &r.bytes, &r.allocs); err != nil {
		return r, err
	}
	for _, field := range fields[7:] {
		unit, text, err := cutUnit(field)
		if err != nil {
			return r, err
		}
		value, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return r, err
		}
		if math.IsNaN(value) || math.Abs(value) > child.MaxMagnitude {
			return r, &profiler.RunError{Reason: fmt.Sprintf("%s reported %s = %v, which is not a valid measurement.", r.Name, unit, value)}
		}
		r.values = append(r.values, profiler.Measurement{Unit: unit, Value: value})
	}
	return r, nil
}

func cutUnit(field string) (unit, value string, err error) {
	if !strings.HasPrefix(field, `"`) {
		unit, value, _ = strings.Cut(field, "=")
		return unit, value, nil
	}
	quoted, err := strconv.QuotedPrefix(field)
	if err != nil {
		return "", "", err
	}
	unit, err = strconv.Unquote(quoted)
	return unit, strings.TrimPrefix(field[len(quoted):], "="), err
}
