package reporttest

import (
	"fmt"
	"time"

	"heaplab/profiler"
	"heaplab/profiler/heap"
	"heaplab/profiler/report"
)

// ImportOfRounds is an import of six profiles per side, divided by requests. In use, the variant has a fifth
// more; it allocated half as much.
func ImportOfRounds() report.Report {
	e := profiler.Experiment{
		ID: 8, Kind: profiler.KindComparison,
		Design: profiler.Design{
			Subject: profiler.SubjectImport, Title: "a cache of answers",
			Variants: []profiler.VariantInfo{{Name: profiler.ImportBaseline}, {Name: profiler.ImportVariant}},
			Divisor:  &profiler.Divisor{Unit: "requests", Counts: map[string]float64{profiler.ImportBaseline: 10_000, profiler.ImportVariant: 12_000}},
		},
		State: profiler.Done, Tags: []string{"cache"}, Created: Day, Finished: Day,
	}
	return report.NewImportReport(e, []profiler.ImportedProfile{
		importedRounds(profiler.ImportBaseline, 800, 100), importedRounds(profiler.ImportVariant, 480, 144),
	}, "")
}

// importedRounds is a side of six sampled profiles, in which main.parse allocated about so many MiB, of which
// so many are in use. The last file is a copy of the first.
func importedRounds(variant string, allocated, inUse int64) profiler.ImportedProfile {
	side := profiler.ImportedProfile{Variant: variant}
	sum := profiler.Summary{Types: heap.Types, Samples: 9, Period: 512 << 10}
	for i := range int64(6) {
		s := sum
		s.Duration = time.Minute
		s.Totals = heap.Values{AllocSpace: (allocated + i) << 20, AllocObjects: 100 * allocated, InuseSpace: (inUse<<20 + i<<18), InuseObjects: 100 * inUse}
		sum.Totals.Add(s.Totals)
		sum.Duration += s.Duration
		name := fmt.Sprintf("%s-%d.pb.gz", variant, i+1)
		side.Files = append(side.Files, profiler.ImportedFile{Name: name, Profile: profiler.Profile{SHA256: name, GzipSize: 9000, Summary: s}})
	}
	again := side.Files[0]
	again.Name = fmt.Sprintf("%s-again.pb.gz", variant)
	side.Files = append(side.Files, again)
	sum.Functions = []heap.Function{{Name: "main.parse", Flat: sum.Totals, Cum: sum.Totals}}
	side.Profile = profiler.Profile{SHA256: variant, GzipSize: 40_000, Summary: sum}
	return side
}
