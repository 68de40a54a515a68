package export

import (
	"bytes"
	"slices"
	"testing"

	"heaplab/profiler"
	"heaplab/profiler/report"
	"heaplab/profiler/report/reporttest"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/perf/benchfmt"
)

// reread reads the samples of a text, by the parts of the benchmark's name after the case, and by
// unit.
func reread(t *testing.T, text []byte) (samples map[string]map[string][]float64, iterations map[string][]int64, units benchfmt.UnitMetadataMap) {
	t.Helper()
	samples, iterations = map[string]map[string][]float64{}, map[string][]int64{}
	reader := benchfmt.NewReader(bytes.NewReader(text), "export")
	for reader.Scan() {
		switch record := reader.Result().(type) {
		case *benchfmt.SyntaxError:
			t.Fatal(record)
		case *benchfmt.Result:
			_, parts := record.Name.Parts()
			name := string(bytes.Join(parts[:len(parts)-1], nil))
			if samples[name] == nil {
				samples[name] = map[string][]float64{}
			}
			for _, v := range record.Values {
				if v.OrigUnit != "" {
					v.Value, v.Unit = v.OrigValue, v.OrigUnit
				}
				samples[name][v.Unit] = append(samples[name][v.Unit], v.Value)
			}
			iterations[name] = append(iterations[name], int64(record.Iters))
		}
	}
	if err := reader.Err(); err != nil {
		t.Fatal(err)
	}
	return samples, iterations, reader.Units()
}

// The text has every value with all digits, in the order of the runs.
func TestBenchTextHoldsEverySample(t *testing.T) {
	uneven := reporttest.WithSamples(reporttest.Comparison())
	uneven.Variants[1].Samples[profiler.HeapGoal] = []float64{1e7, 2e7}
	uneven.Variants[2].Calls = nil
	uneven.Config.Benchtime = "20x"
	for name, r := range map[string]report.Report{"comparison": reporttest.WithSamples(reporttest.Comparison()), "uneven": uneven, "sweep": reporttest.Sweep(), "calibration": reporttest.Calibration()} {
		t.Run(name, func(t *testing.T) {
			text, err := BenchText(r)
			if err != nil {
				t.Fatal(err)
			}
			want := map[string]map[string][]float64{}
			for _, p := range rowsOf(r) {
				for _, v := range p.Variants {
					at := ""
					if r.Sweep != nil {
						at = "/gogc=" + p.Value
					}
					want[at+"/variant="+v.Name] = v.Samples
				}
			}
			got, iterations, units := reread(t, text)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("samples (-want +got):\n%s", diff)
			}
			for _, p := range rowsOf(r) {
				for unit := range p.Variants[0].Samples {
					if got := units.GetBetter(unit); got != profiler.LookupUnit(unit).Better {
						t.Errorf("better of %s is %d", unit, got)
					}
				}
			}
			if name == "uneven" && (!slices.Equal(iterations["/variant=fresh"], r.Variants[0].Calls) || iterations["/variant=preallocated"][0] != 20) {
				t.Errorf("iterations %v", iterations)
			}
		})
	}
}

func TestBenchTextConfiguration(t *testing.T) {
	r := reporttest.WithSamples(reporttest.Comparison())
	r.Variants[1].Name = "float 16/half-8"
	r.Environment["bad: Key"], r.Environment["empty"] = "x", ""
	text, err := BenchText(r)
	if err != nil {
		t.Fatal(err)
	}
	reader := benchfmt.NewReader(bytes.NewReader(text), "export")
	var names []string
	config := map[string]string{}
	for reader.Scan() {
		if result, ok := reader.Result().(*benchfmt.Result); ok {
			names = append(names, result.Name.String())
			for _, c := range result.Config {
				config[c.Key] = string(c.Value)
			}
		}
	}
	if len(names) != 18 || names[0] != "Preallocation/variant=fresh-2" || names[1] != "Preallocation/variant=float_16_half-8-2" {
		t.Errorf("names %q", names)
	}
	for key, want := range map[string]string{
		"goos": "linux", "cpu": "AMD EPYC 9354 32-Core Processor", "toolchain": "go1.26.8", "gogc": "100",
		"case": "preallocation", "benchtime": "500ms", "batch": "64", "optimizer": "adam", "empty": "", "bad": "",
	} {
		if config[key] != want {
			t.Errorf("%s is %q, want %q", key, config[key], want)
		}
	}
}

func TestBenchTextOfHostileText(t *testing.T) {
	r := reporttest.Hostile()
	r.Variants[0].Samples[reporttest.HostileText] = []float64{2}
	text, err := BenchText(r)
	if err != nil {
		t.Fatal(err)
	}
	samples, _, units := reread(t, text)
	if len(samples) != len(r.Variants) || len(units) != 2 {
		t.Errorf("samples %v, units %v", samples, units)
	}
}
