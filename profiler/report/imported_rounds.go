package report

import (
	"fmt"
	"time"

	"heaplab/profiler"
	"heaplab/profiler/heap"
	"heaplab/profiler/words"
)

// An ImportedFile is one of several files on a side of an import.
type ImportedFile struct {
	File     string        `json:"file" doc:"its name, as it was uploaded"`
	URL      string        `json:"url,omitempty"` // empty in a share
	Bytes    int64         `json:"bytes" doc:"size of the gzip file"`
	SHA256   string        `json:"sha256"`
	Samples  int           `json:"samples"`
	Process  string        `json:"process,omitempty" doc:"equal in two profiles of one process, and of its forks"`
	Duration time.Duration `json:"duration_ns,omitempty" doc:"time that the profile covers; missing if it does not say"`
	Totals   heap.Values   `json:"totals"`
}

// duration returns the mean duration of the profiles of a side, or 0 if one does not say.
func (p *ProfileReport) duration() time.Duration {
	for _, f := range p.Files {
		if f.Duration <= 0 {
			return 0
		}
	}
	return max(p.Summary.Duration, 0) / time.Duration(max(p.Merged, 1))
}

// Rounds returns the largest number of distinct profiles on a side of an import.
func Rounds(r Report) int {
	most := 0
	for _, p := range r.Profiles {
		most = max(most, max(p.Merged, 1))
	}
	return most
}

// importSamples returns the totals of the profiles, divided. Copies of a file count once.
func importSamples(profiles []ProfileReport, d *profiler.Divisor) profiler.Samples {
	samples := profiler.Samples{}
	for _, p := range profiles {
		if p.Fault != "" {
			continue
		}
		for _, t := range p.Summary.Types {
			unit := profiler.TypeUnit(t)
			if unit == "" { // churn is computed from the others
				continue
			}
			key := profiler.Series{Variant: p.Variant, Unit: unit}
			for _, round := range p.rounds() {
				by := d.Of(p.Variant, t)
				if d.Divides(t) && d.Stated {
					by = round.Duration.Seconds()
				}
				samples[key] = append(samples[key], float64(round.Totals.Of(t))/by)
			}
		}
	}
	return samples
}

// rounds returns the distinct profiles of a side.
func (p *ProfileReport) rounds() []ImportedFile {
	if p.Merged < 2 {
		return []ImportedFile{{Duration: p.Summary.Duration, Totals: p.Summary.Totals}}
	}
	var out []ImportedFile
	for _, i := range distinct(p.Files) {
		out = append(out, p.Files[i])
	}
	return out
}

// distinct returns the indexes of files without copies.
func distinct(files []ImportedFile) []int {
	return profiler.Distinct(files, func(f ImportedFile) string { return f.SHA256 })
}

// dependentWarnings says which sides have several profiles of one process: these are no independent rounds.
func dependentWarnings(profiles []ProfileReport) (out []string) {
	for _, p := range profiles {
		seen, sums := map[string]bool{}, map[string]bool{}
		dependent := false
		for _, f := range p.Files {
			if f.Process != "" && !sums[f.SHA256] {
				dependent = dependent || seen[f.Process]
				seen[f.Process] = true
			}
			sums[f.SHA256] = true
		}
		if dependent {
			out = append(out, fmt.Sprintf("Several profiles of %s seem to be of one process. They are not independent rounds, so the verdict may be wrong.", p.Variant))
		}
	}
	return out
}

// copyWarnings says which sides have copies of a file.
func copyWarnings(profiles []ProfileReport) (out []string) {
	for _, p := range profiles {
		first := map[string]string{}
		var copies []string
		for _, f := range p.Files {
			name := fmt.Sprintf("%q", words.Plain(f.File))
			if of, copied := first[f.SHA256]; copied {
				copies = append(copies, name+" of "+of)
			} else {
				first[f.SHA256] = name
			}
		}
		if len(copies) > 0 {
			out = append(out, fmt.Sprintf("Some files of %s are copies: %s. Identical profiles have no spread, so each counts once.", p.Variant, words.List(copies)))
		}
	}
	return out
}
