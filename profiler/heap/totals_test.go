package heap

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
)

// The root of the call tree has the total that go tool pprof prints.
func TestTotalsMatchPprof(t *testing.T) {
	if testing.Short() {
		t.Skip("go tool pprof is built first, which takes seconds")
	}
	files := []string{encodingJSON}
	if *profilesDir != "" {
		found, err := filepath.Glob(filepath.Join(*profilesDir, "*.pb.gz"))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	for _, name := range files {
		t.Run(filepath.Base(name), func(t *testing.T) {
			d := readDigest(t, readFile(t, name))
			for _, typ := range []Type{AllocSpace, AllocObjects, InuseSpace, InuseObjects} {
				unit := "B"
				if typ.CountsObjects() {
					unit = "count"
				}
				out, err := exec.Command("go", "tool", "pprof", "-symbolize=none", "-top", "-nodecount=1", "-sample_index="+string(typ), "-unit="+unit, name).CombinedOutput()
				if err != nil {
					t.Fatalf("%v: %s", err, out)
				}
				want := fmt.Sprint(d.Nodes[0].Values.Of(typ))
				found := pprofTotal.FindSubmatch(out)
				if found == nil || string(found[1]) != want {
					t.Errorf("%s: the tree has %s, go tool pprof prints: %.300s", typ, want, out)
				}
			}
		})
	}
}

// pprofTotal finds the total in a line such as
// "Showing nodes accounting for 61872976B, 100% of 61872976B total".
var pprofTotal = regexp.MustCompile(`% of (\d+)B? total`)
