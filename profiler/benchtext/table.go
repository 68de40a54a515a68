package benchtext

import (
	"errors"
	"iter"
	"maps"
	"math"
	"runtime"
	"slices"
	"sync"

	"github.com/aclements/go-moremath/stats"
	"golang.org/x/perf/benchfmt"
	"golang.org/x/perf/benchmath"
	"golang.org/x/perf/benchproc"
)

// confidence is the level of the intervals, benchstat's default.
const confidence = 0.95

// A Table compares the results in one unit of all benchmarks with one configuration.
type Table struct {
	Config []Setting `json:"config"` // the same keys in all tables
	Unit   string    `json:"unit"`   // tidied, such as sec/op for ns/op
	Files  []string  `json:"files"`  // names of the columns; the first is the baseline
	Rows   []Row     `json:"rows"`
	Means  []Mean    `json:"geomean"` // of each column
}

// A Setting is a line of configuration, such as goos: linux. Value is "" if the results do not have it.
type Setting struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// A Row holds the results of one benchmark by column. A cell is nil if the file has no results of it.
type Row struct {
	Name  string  `json:"name"`
	Cells []*Cell `json:"cells"`
}

// A Cell is the sample of a benchmark in one file.
type Cell struct {
	Sample     *benchmath.Sample
	Summary    benchmath.Summary     // center and interval
	Comparison *benchmath.Comparison // with the first column; nil if there is no cell
	Delta      string                // as benchstat writes it; "" without a comparison

	before float64 // center of the first column, if there is a comparison
}

// A Mean is the geometric mean of a column, and of its ratios to the first column. It is NaN if it is undefined.
type Mean struct {
	Center, Ratio float64
	Warnings      []error
}

// Compare compares files as benchstat does by default. It returns the tables in its order, and the syntax errors of lines,
// which it skips.
func Compare(files []File) ([]Table, []*benchfmt.SyntaxError, error) {
	b := newBuilder()
	var skipped []*benchfmt.SyntaxError
	units, err := Each(files, func(_ int, r benchfmt.Record) {
		switch r := r.(type) {
		case *benchfmt.SyntaxError:
			skipped = append(skipped, r)
		case *benchfmt.Result:
			b.add(r)
		}
	})
	return b.tables(units), skipped, err
}

// A place is the position of a sample: its row and its column.
type place struct{ row, column benchproc.Key }

// A builder collects the samples by table and place, with the keys of benchstat's defaults.
type builder struct {
	table, row, column *benchproc.Projection
	unit               *benchproc.Field // of a table's key
	samples            map[benchproc.Key]map[place][]float64
}

func newBuilder() *builder {
	b := &builder{samples: map[benchproc.Key]map[place][]float64{}}
	var parser benchproc.ProjectionParser
	var errs [3]error
	b.table, b.unit, errs[0] = parser.ParseWithUnit(".config", nil)
	b.row, errs[1] = parser.Parse(".fullname", nil)
	b.column, errs[2] = parser.Parse(fileKey, nil)
	if err := errors.Join(errs[:]...); err != nil {
		panic(err) // the keys are constants
	}
	return b
}

func (b *builder) add(r *benchfmt.Result) {
	at := place{b.row.Project(r), b.column.Project(r)}
	for i, key := range b.table.ProjectValues(r) {
		if b.samples[key] == nil {
			b.samples[key] = map[place][]float64{}
		}
		b.samples[key][at] = append(b.samples[key][at], r.Values[i].Value)
	}
}

// tables returns the tables in the order in which the files have their keys.
func (b *builder) tables(units benchfmt.UnitMetadataMap) []Table {
	var out []Table
	for _, key := range sorted(maps.Keys(b.samples)) {
		t := Table{Unit: key.Get(b.unit), Config: []Setting{}}
		for _, field := range b.table.FlattenedFields() {
			if field != b.unit {
				t.Config = append(t.Config, Setting{field.Name, key.Get(field)})
			}
		}
		t.fill(b.samples[key], units.GetAssumption(t.Unit))
		out = append(out, t)
	}
	return out
}

// sorted returns distinct keys in the order in which the files have them.
func sorted(keys iter.Seq[benchproc.Key]) []benchproc.Key {
	distinct := map[benchproc.Key]bool{}
	for key := range keys {
		distinct[key] = true
	}
	list := slices.Collect(maps.Keys(distinct))
	benchproc.SortKeys(list)
	return list
}

// fill computes the cells. The exact p-value of two large samples takes long, so it computes several at a time.
func (t *Table) fill(samples map[place][]float64, assume benchmath.Assumption) {
	var atRows, atColumns []benchproc.Key
	for at := range samples {
		atRows, atColumns = append(atRows, at.row), append(atColumns, at.column)
	}
	columns := sorted(slices.Values(atColumns))
	for _, column := range columns {
		t.Files = append(t.Files, column.StringValues())
	}
	var group sync.WaitGroup
	limit := make(chan struct{}, runtime.GOMAXPROCS(0))
	for _, row := range sorted(slices.Values(atRows)) {
		cells := make([]*Cell, len(columns))
		t.Rows = append(t.Rows, Row{row.StringValues(), cells})
		limit <- struct{}{}
		group.Go(func() {
			for i, column := range columns {
				if values := samples[place{row, column}]; values != nil {
					cells[i] = newCell(values, cells[0], assume)
				}
			}
			<-limit
		})
	}
	group.Wait()
	for i := range columns {
		t.Means = append(t.Means, t.mean(i))
	}
}

// newCell summarizes a sample, and compares it with the baseline if that is not nil.
func newCell(values []float64, baseline *Cell, assume benchmath.Assumption) *Cell {
	sample := benchmath.NewSample(values, &benchmath.DefaultThresholds)
	c := &Cell{Sample: sample, Summary: assume.Summary(sample, confidence)}
	if baseline != nil {
		comparison := assume.Compare(baseline.Sample, sample)
		c.Comparison, c.before = &comparison, baseline.Summary.Center
		c.Delta = comparison.FormatDelta(baseline.Summary.Center, c.Summary.Center)
	}
	return c
}

// mean returns the means of a column. The ratio is that of the cells that have a baseline, because the sets of
// benchmarks may differ. It is undefined if a benchmark grew from 0.
func (t *Table) mean(column int) Mean {
	var centers, ratios []float64
	baselines, fromZero := 0, false
	for _, row := range t.Rows {
		base, cell := row.Cells[0], row.Cells[column]
		if base != nil {
			baselines++
		}
		if cell == nil {
			continue
		}
		centers = append(centers, cell.Summary.Center)
		if cell.Comparison != nil {
			before, after := base.Summary.Center, cell.Summary.Center
			fromZero = fromZero || before == 0 && after != 0
			ratios = append(ratios, ratio(after, before))
		}
	}
	m := Mean{Center: stats.GeoMean(centers), Ratio: math.NaN()}
	if column > 0 && len(ratios) != baselines {
		m.Warnings = append(m.Warnings, errors.New("benchmark set differs from baseline; geomeans may not be comparable"))
	}
	if math.IsNaN(m.Center) {
		m.Warnings = append(m.Warnings, errors.New("summaries must be >0 to compute geomean"))
	}
	if column == 0 || fromZero {
		return m
	}
	if m.Ratio = stats.GeoMean(ratios); math.IsNaN(m.Ratio) {
		m.Warnings = append(m.Warnings, errors.New("ratios must be >0 to compute geomean"))
	}
	return m
}

// ratio returns after/before, and 1 if both are 0.
func ratio(after, before float64) float64 {
	if after == before {
		return 1
	}
	return after / before
}

// Has reports whether tables have results of a file.
func Has(tables []Table, name string) bool {
	return slices.ContainsFunc(tables, func(t Table) bool { return slices.Contains(t.Files, name) })
}
