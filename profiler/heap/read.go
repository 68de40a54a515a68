package heap

import (
	"slices"
	"strings"

	"github.com/google/pprof/profile"
)

// Read parses the uncompressed protobuf of a heap profile within limits. The error is a Fault.
func Read(raw []byte, l Limits) (*profile.Profile, error) {
	if err := l.Check(raw); err != nil {
		return nil, err
	}
	prof, err := profile.ParseUncompressed(raw)
	if err == nil {
		err = prof.CheckValid()
	}
	if err != nil {
		return nil, Fault("is not a valid pprof profile: " + err.Error())
	}
	return prof, nil
}

// sizeUnits and countUnits hold the units of sample types, see unitName. Multiples are those of pprof
// (internal/measurement), in which a kilobyte has 1024 bytes. A profile without units has bytes.
var (
	sizeUnits = map[string]int64{
		"": 1, "b": 1, "byte": 1,
		"kb": 1 << 10, "kib": 1 << 10, "kbyte": 1 << 10, "kilobyte": 1 << 10, "kibibyte": 1 << 10,
		"mb": 1 << 20, "mib": 1 << 20, "mbyte": 1 << 20, "megabyte": 1 << 20, "mebibyte": 1 << 20,
		"gb": 1 << 30, "gib": 1 << 30, "gbyte": 1 << 30, "gigabyte": 1 << 30, "gibibyte": 1 << 30,
		"tb": 1 << 40, "tib": 1 << 40, "tbyte": 1 << 40, "terabyte": 1 << 40, "tebibyte": 1 << 40,
	}
	countUnits = map[string]int64{"": 1, "count": 1, "object": 1, "allocation": 1, "unit": 1}
)

// unitName returns the key of a unit: in lower case and in the singular.
func unitName(unit string) string {
	name := strings.ToLower(unit)
	if len(name) > 2 {
		name = strings.TrimSuffix(name, "s")
	}
	return name
}

// shorten cuts a text from outside.
func shorten(text string) string {
	const most = 40
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}

// samplingPeriod returns the mean number of bytes between two samples. It is 0 if the profile does not
// say, or if its period is of something else, such as processor time.
func samplingPeriod(prof *profile.Profile) int64 {
	t := prof.PeriodType
	if t == nil || prof.Period <= 0 || !slices.Contains(periodTypes, t.Type) {
		return 0
	}
	unit, ok := sizeUnits[unitName(t.Unit)]
	if !ok || prof.Period > maxTotal/unit {
		return 0
	}
	return prof.Period * unit
}

// periodTypes lists the period types that sample by allocated bytes.
var periodTypes = []string{"space", "alloc_space", "inuse_space"}

// kindOf describes a profile by its sample types.
func kindOf(prof *profile.Profile) string {
	var names []string
	for _, t := range prof.SampleType {
		names = append(names, t.Type)
	}
	switch {
	case len(names) == 0:
		return "a profile without sample types"
	case slices.Contains(names, "cpu"):
		return "a CPU profile"
	case slices.Contains(names, "goroutine"):
		return "a goroutine profile"
	case slices.Contains(names, "contentions"):
		return "a contention profile"
	}
	text := strings.Join(names, ", ")
	if len(text) > 200 {
		text = strings.ToValidUTF8(text[:200], "") + "…"
	}
	return "a profile of " + text
}
