package benchtext

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// benchstat builds the real benchstat, of the version in go.mod, and returns its path.
var benchstat = sync.OnceValues(func() (string, error) {
	out, err := exec.Command("go", "tool", "-n", "benchstat").Output()
	return strings.TrimSpace(string(out)), err
})

// sameAsBenchstat compares the output with that of benchstat, byte for byte.
func sameAsBenchstat(t *testing.T, dir string, names ...string) {
	t.Helper()
	program, err := benchstat()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, names...)
	cmd.Dir = dir
	var want, wantSkipped bytes.Buffer
	cmd.Stdout, cmd.Stderr = &want, &wantSkipped
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	var files []File
	for _, name := range names {
		content, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		text, err := Text(content)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, File{name, text})
	}
	tables, skipped, err := Compare(files)
	if err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	if err := WriteText(&got, tables); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want.String(), got.String()); diff != "" {
		t.Errorf("%s (-benchstat +got):\n%s", strings.Join(names, " "), diff)
	}
	var gotSkipped strings.Builder
	for _, s := range skipped {
		fmt.Fprintln(&gotSkipped, s)
	}
	if diff := cmp.Diff(wantSkipped.String(), gotSkipped.String()); diff != "" {
		t.Errorf("%s: skipped lines (-benchstat +got):\n%s", strings.Join(names, " "), diff)
	}
}

// The example files of benchstat's own documentation and tests.
func TestBenchstatExamples(t *testing.T) {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "golang.org/x/perf").Output()
	if err != nil {
		t.Fatal(err)
	}
	module := strings.TrimSpace(string(out))
	for _, test := range []struct{ dir, files string }{
		{"cmd/benchstat/testdata", "old.txt new.txt"},
		{"cmd/benchstat/testdata", "crc-old.txt crc-new.txt"},
		{"cmd/benchstat/testdata", "units.txt"},
		{"cmd/benchstat/testdata", "zero.txt units.txt"},
		{"cmd/benchstat/testdata", "smallSample.txt zero.txt issue19565.txt"},
		{"cmd/benchstat/testdata", "issue19565.txt issue19634.txt"},
		{"benchproc/testdata", "suffixarray.bench"},
		{"benchfmt/testdata/bent", "20200101T024818.BaseNl.stdout 20200101T024818.TipNl.stdout"},
		{"benchfmt/testdata/bent", "20200101T213604.Base.benchsize 20200101T213604.Tip.benchsize"},
		{"benchfmt/testdata/bent", "20200101T030626.Basel.build 20200101T030626.Tipl.build 20200101T213604.Tip.build"},
	} {
		t.Run(test.files, func(t *testing.T) {
			sameAsBenchstat(t, filepath.Join(module, filepath.FromSlash(test.dir)), strings.Fields(test.files)...)
		})
	}
}

// Files of our own, for what the examples lack.
func TestBenchstatCorners(t *testing.T) {
	sample := func(line string, values ...any) string {
		var b strings.Builder
		for _, v := range values {
			fmt.Fprintf(&b, line+"\n", v)
		}
		return b.String()
	}
	for name, files := range map[string][]string{
		"many units":          {sample("BenchmarkA-8 10 %v ns/op 5 B/op 3 MB/s 1.5 p99-ns 7 widgets", 1, 2, 3, 4, 5, 6), sample("BenchmarkA-8 10 %v ns/op 6 B/op 4 MB/s 2.5 p99-ns 7 gadgets", 11, 12, 13, 14, 15, 16)},
		"unit lines":          {"Unit size assume=exact better=higher\n" + sample("BenchmarkA 1 %v size", 5, 5), "Unit size better=lower\nUnit\nUnit x y\n" + sample("BenchmarkA 1 %v size", 6, 7)},
		"missing after":       {sample("BenchmarkA 1 %v ns/op", 1, 2, 3) + sample("BenchmarkB 1 %v ns/op", 1, 2), sample("BenchmarkB 1 %v ns/op", 3, 4)},
		"missing before":      {sample("BenchmarkB 1 %v ns/op", 3, 4), sample("BenchmarkA 1 %v ns/op", 1, 2, 3) + sample("BenchmarkB 1 %v ns/op", 1, 2)},
		"nothing in common":   {sample("BenchmarkA 1 %v ns/op", 3, 4), sample("BenchmarkB 1 %v ns/op", 1, 2, 3)},
		"nothing of three":    {sample("BenchmarkA 1 %v B/op", 3, 4), sample("BenchmarkB 1 %v B/op", 1, 2, 3), sample("BenchmarkC 1 %v B/op", 1, 2, 3)},
		"one sample":          {sample("BenchmarkA 1 %v ns/op", 100), sample("BenchmarkA 1 %v ns/op", 200)},
		"equal samples":       {sample("BenchmarkA 1 %v B/op", 8, 8, 8, 8, 8, 8), sample("BenchmarkA 1 %v B/op", 8, 8, 8, 8, 8, 8)},
		"zeros":               {sample("BenchmarkA 1 %v B/op", 0, 0, 0, 0) + sample("BenchmarkB 1 %v B/op", 0, 0, 0, 0), sample("BenchmarkA 1 %v B/op", 0, 0, 0, 0) + sample("BenchmarkB 1 %v B/op", 9, 9, 9, 9)},
		"to zero":             {sample("BenchmarkA 1 %v B/op", 9, 9, 9, 9) + sample("BenchmarkB 1 %v B/op", 1, 1, 1, 1), sample("BenchmarkA 1 %v B/op", 0, 0, 0, 0) + sample("BenchmarkB 1 %v B/op", 1, 1, 1, 1)},
		"negative":            {sample("BenchmarkA 1 %v drift", -1, 2, -3, 4, 5, 6), sample("BenchmarkA 1 %v drift", -9, -8, -7, -6, -5, -4)},
		"three files":         {sample("BenchmarkA 1 %v ns/op", 1, 2, 3, 4, 5, 6), sample("BenchmarkA 1 %v ns/op", 11, 12, 13, 14, 15, 16), sample("BenchmarkA 1 %v ns/op", 1, 2, 3, 4, 5)},
		"configurations":      {"goos: linux\npkg: a\n" + sample("BenchmarkA 1 %v ns/op", 1, 2) + "pkg: b\nnote: x\n" + sample("BenchmarkA 1 %v ns/op", 3, 4), "pkg: b\nnote: x\ngoos: linux\n" + sample("BenchmarkA 1 %v ns/op", 3, 4) + "note:\n" + sample("BenchmarkA 1 %v ns/op", 3, 4)},
		"carriage returns":    {"goos: linux\r\nBenchmarkA 1 5 ns/op\r\n", "goos: linux\r\nBenchmarkA 1 7 ns/op\r\n"},
		"not results":         {"BenchmarkA\nBenchmarkA x\nBenchmarkA 1\nBenchmarkA 1 2\nBenchmarkA 1 x ns/op\nBenchmarkA 1 2 ns/op 3\nPASS\nok  p 1s\n", "Benchmark 1 2 ns/op\nBenchmarkA 1 2 ns/op\n"},
		"no results":          {"PASS\n", ""},
		"a wide name":         {sample("BenchmarkÄöü世界/a-very-long-name=of-a-sub-benchmark-8 1 %v ns/op", 1, 2), sample("BenchmarkB 1 %v a-very-long-unit-that-nobody-would-write/op", 1, 2)},
		"eleven notes":        manyNotes(),
		"large samples":       {sample("BenchmarkA 1 %v ns/op", numbers(60, 7)...), sample("BenchmarkA 1 %v ns/op", numbers(70, 5)...)},
		"values of all sizes": {sample("BenchmarkA 1 %v ns/op", 0.001) + sample("BenchmarkB 1 %v ns/op", 5e12) + sample("BenchmarkC 1 %v B/op", 1<<40), sample("BenchmarkA 1 %v ns/op", 1000) + sample("BenchmarkB 1 %v ns/op", 1) + sample("BenchmarkC 1 %v B/op", 3)},
	} {
		t.Run(name, func(t *testing.T) {
			dir, names := writeFiles(t, files)
			sameAsBenchstat(t, dir, names...)
		})
	}
}

func numbers(n, step int) (values []any) {
	for i := range n {
		values = append(values, 1000+i*step%97)
	}
	return values
}

// manyNotes returns files with many warnings.
func manyNotes() []string {
	var a, b strings.Builder
	for i := range 12 {
		fmt.Fprintf(&a, "BenchmarkN%d 1 5 ns/op\n", i)
		for range i {
			fmt.Fprintf(&b, "BenchmarkN%d 1 %d ns/op\n", i, 5+i)
		}
	}
	return []string{"Unit ns/op assume=exact\n" + a.String(), b.String(), a.String() + b.String()}
}

// writeFiles writes files into a new folder, and returns it and their names.
func writeFiles(t *testing.T, files []string) (dir string, names []string) {
	t.Helper()
	dir = t.TempDir()
	for i, text := range files {
		names = append(names, fmt.Sprintf("file%d.txt", i))
		if err := os.WriteFile(filepath.Join(dir, names[i]), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir, names
}

// Random files: benchmarks, units, sizes of samples and distributions of all kinds.
func TestBenchstatRandom(t *testing.T) {
	for seed := range uint64(80) {
		r := rand.New(rand.NewPCG(seed, 15))
		files := make([]string, 2+r.IntN(2))
		for i := range files {
			files[i] = randomText(r)
		}
		dir, names := writeFiles(t, files)
		sameAsBenchstat(t, dir, names...)
		if t.Failed() {
			t.Fatalf("seed %d, files:\n%s", seed, strings.Join(files, "----\n"))
		}
	}
}

// randomText returns results of some of a few benchmarks.
func randomText(r *rand.Rand) string {
	var lines []string
	units := []string{"ns/op", "B/op", "allocs/op", "MB/s", "widgets", "p99-ns", "x-bytes"}
	for n := range 1 + r.IntN(5) {
		if r.IntN(6) == 0 {
			continue
		}
		scale := math.Pow(10, float64(r.IntN(12)-2))
		spread := []float64{0, 0.001, 0.1, 1, 3}[r.IntN(5)]
		has := r.IntN(1<<len(units)) | 1
		for range r.IntN(24) {
			line := fmt.Sprintf("BenchmarkN%d/size=%d-%d\t%d", n, n*n, 1+n%2, 1+r.IntN(1e6))
			for u, unit := range units {
				if has>>u&1 == 0 {
					continue
				}
				value := scale * (1 + spread*r.NormFloat64())
				if u%2 == 1 { // whole numbers, which have ties
					value = math.Trunc(math.Abs(value))
				}
				line += fmt.Sprintf("\t%g %s", value, unit)
			}
			lines = append(lines, line)
		}
	}
	r.Shuffle(len(lines), func(i, j int) { lines[i], lines[j] = lines[j], lines[i] })
	head := ""
	for _, line := range []string{"goos: linux", "pkg: a", "pkg: b", "Unit widgets better=higher", "Unit B/op assume=exact"} {
		if r.IntN(4) == 0 {
			head += line + "\n"
		}
	}
	return head + strings.Join(lines, "\n") + "\n"
}
