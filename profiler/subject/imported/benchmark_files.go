package imported

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"slices"
	"strings"

	"heaplab/profiler"
	"heaplab/profiler/benchtext"
	"heaplab/profiler/words"
)

// paramContent is the param with the SHA-256 of all files of benchmark text, in hex: imports of the same content in the
// same order are the same experiment. It is stored in the database.
const paramContent = "content"

// Benchmarks returns the experiment of files of benchmark text, and its runs. ok is false if no file is such text. The
// error is a profiler.Faults for faults of the files.
func (i Import) Benchmarks() (e profiler.Experiment, runs []profiler.Run, ok bool, err error) {
	uploads := slices.Concat(i.Baseline, i.Variant)
	var files []benchtext.File
	var others []Upload
	identity := sha256.New()
	for _, u := range uploads {
		content, err := os.ReadFile(u.Path)
		if err != nil {
			return e, nil, false, err
		}
		if !benchtext.Is(content) {
			others = append(others, u)
			continue
		}
		sum := sha256.Sum256(content)
		identity.Write(sum[:])
		text, err := benchtext.Text(content)
		if err != nil {
			return e, nil, true, i.benchFault(u, u.Quoted()+" cannot be read: "+err.Error())
		}
		files = append(files, benchtext.File{Name: cmp.Or(shorten(u.Name, maxFileName), "a file without a name"), Text: text})
	}
	switch {
	case len(files) == 0:
		return e, nil, false, nil
	case len(others) > 0:
		return e, nil, true, i.benchFault(others[0], fmt.Sprintf(
			"%s has no results of benchmarks, but another file has: import benchmark text and profiles separately", others[0].Quoted()))
	}
	if faults := i.checkBenchmarks(); len(faults) > 0 {
		return e, nil, true, faults
	}
	if e, runs, err = ReadBenchmarks(files, maxBenchValues); err != nil {
		return e, nil, true, err
	}
	if fault := checkStored(e, runs); fault != "" {
		return e, nil, true, benchFault(fault)
	}
	e.Design.Params[paramContent] = hex.EncodeToString(identity.Sum(nil))
	e.Design.Title = cmp.Or(strings.TrimSpace(i.Title), e.Design.Title)
	e.Note, e.Tags = strings.TrimSpace(i.Note), i.Tags
	return e, runs, true, nil
}

// IsBenchmarks reports whether a file can be read and is benchmark text.
func (u Upload) IsBenchmarks() bool {
	content, err := os.ReadFile(u.Path)
	return err == nil && benchtext.Is(content)
}

// benchFault returns a fault of a file, at the field of its side.
func (i Import) benchFault(u Upload, message string) profiler.Faults {
	field := profiler.ImportBaseline
	if slices.Contains(i.Variant, u) {
		field = profiler.ImportVariant
	}
	return profiler.Faults{{Field: field, Message: message}}
}

// checkBenchmarks returns what an import of benchmark text must not have.
func (i Import) checkBenchmarks() (faults profiler.Faults) {
	fault := func(field, message string) {
		faults = append(faults, profiler.Fault{Field: field, Message: message})
	}
	if n := len(i.Baseline); n > 1 {
		fault(profiler.ImportBaseline, fmt.Sprintf("has %d files: of benchmark text, every file is a side of its own. Join those of one side, such as with cat", n))
	}
	if n := len(i.Baseline) + len(i.Variant); n > maxBenchFiles {
		fault(profiler.ImportVariant, fmt.Sprintf("has too many files: an import can have %d files of benchmark text", maxBenchFiles))
	}
	if d, _ := i.Counts.Divisor(); d != nil {
		fault(FieldBaselineCount, "must be empty for benchmark text: its values are per operation already")
	}
	for side := range i.Binaries {
		fault(profiler.ImportBinary(side), "must be empty for benchmark text, which has no addresses")
	}
	return faults
}

// checkStored returns why an experiment is too large to be stored, or "".
func checkStored(e profiler.Experiment, runs []profiler.Run) string {
	rows, units := map[string]bool{}, map[string]bool{}
	for _, run := range runs {
		for _, m := range run.Measurements {
			rows[m.Row], units[m.Unit] = true, true
		}
	}
	number := func(n int) string { return words.Group(fmt.Sprint(n)) }
	switch {
	case e.Config.Count > profiler.MaxCount:
		return fmt.Sprintf("a benchmark has %s results in one file; in an import it can have %d", number(e.Config.Count), profiler.MaxCount)
	case len(rows) > maxBenchmarks:
		return fmt.Sprintf("the files have %s benchmarks; an import can have %s. heaplab compare has no such limit", number(len(rows)), number(maxBenchmarks))
	case len(units) > maxBenchUnits:
		return fmt.Sprintf("the files have %s units; an import can have %d. heaplab compare has no such limit", number(len(units)), maxBenchUnits)
	}
	return ""
}
