package heap

import (
	"regexp"
	"slices"
	"strconv"

	"github.com/google/pprof/profile"
)

// goComments holds what comments of Go's text are about.
type goComments struct {
	record     record
	memStats   []string // such as "Sys = 17144072"
	inMemStats bool     // after the samples
}

// A record is a sample in Go's text, with the comments below it. They name its frames from the innermost
// that Go shows; Go hides functions of the runtime there, and the first function of a goroutine at the end.
type record struct {
	frames int    // of the sample, up to the last that a comment names
	last   uint64 // address of the last comment
	fresh  bool   // the last comment named a location that had no name
	misses int    // comments about no frame of the sample
}

var (
	goFrame   = regexp.MustCompile(`^#\s*0x([0-9a-f]+)\s+(\S.*?)\+0x[0-9a-f]+\s+(\S.*):(\d+)$`)
	goMemStat = regexp.MustCompile(`^# ([A-Za-z]+) = ([0-9][0-9. /e+-]{0,60})$`)
)

// comment reads a comment of Go's text: a frame of the last sample, or a number of the whole process.
func (r *textReader) comment(line string) error {
	if line == "# runtime.MemStats" {
		r.endRecord()
		r.inMemStats = true
		return nil
	}
	if found := goFrame.FindStringSubmatch(line); found != nil && len(r.Sample) > 0 && !r.inMemStats {
		pc, err := strconv.ParseUint(found[1], 16, 64)
		number, err2 := strconv.ParseInt(found[4], 10, 64)
		if err != nil || err2 != nil {
			return nil
		}
		return r.name(pc, found[2], found[3], number)
	}
	const maxMemStats = 64
	if found := goMemStat.FindStringSubmatch(line); found != nil && r.inMemStats && len(r.memStats) < maxMemStats {
		r.memStats = append(r.memStats, found[1]+" = "+found[2])
	}
	return nil
}

// name names the next frame of the last sample with that address. Several comments with one address name
// the functions that were inlined there, innermost first.
func (r *textReader) name(pc uint64, name, file string, number int64) error {
	const maxMisses = 16 // comments of other frames are searched for in vain
	sample, rec := r.Sample[len(r.Sample)-1], &r.record
	if rec.misses > maxMisses {
		return nil
	}
	at := slices.IndexFunc(sample.Location[rec.frames:], func(loc *profile.Location) bool { return loc.Address == pc })
	switch {
	case at >= 0 && rec.frames == 0:
		sample.Location = sample.Location[at:]
		rec.frames = 1
	case at >= 0:
		rec.frames += at + 1
	case rec.frames > 0 && pc == rec.last:
		if !rec.fresh {
			return nil
		}
		return r.addLine(sample.Location[rec.frames-1], name, file, number)
	default:
		rec.misses++
		return nil
	}
	loc := sample.Location[rec.frames-1]
	rec.last, rec.fresh = pc, len(loc.Line) == 0
	if !rec.fresh {
		return nil
	}
	return r.addLine(loc, name, file, number)
}

// endRecord ends the last sample.
func (r *textReader) endRecord() {
	if r.record.frames > 0 {
		sample := r.Sample[len(r.Sample)-1]
		if rest := sample.Location[r.record.frames:]; len(rest) == 1 && len(rest[0].Line) == 0 { // runtime.goexit
			sample.Location = sample.Location[:r.record.frames]
		}
	}
	r.record = record{}
}
