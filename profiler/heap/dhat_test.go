package heap

import (
	"strings"
	"testing"
)

const dhatFile = `{"dhatFileVersion":2,"mode":"rust-heap","verb":"Allocated","bklt":true,"bkacc":false,"tu":"µs","cmd":"app","pid":7,"tg":5,"te":9,` +
	`"pps":[{"tb":4096,"tbk":4,"tl":3,"mb":1024,"mbk":1,"gb":0,"gbk":0,"eb":1024,"ebk":1,"fs":[1,2,3]},{"tb":100,"tbk":1,"tl":1,"mb":100,"mbk":1,"gb":0,"gbk":0,"eb":0,"ebk":0,"fs":[2,3]}],` +
	`"ftbl":["[root]","0x10ae: alloc::alloc (library/alloc.rs:226:9)","0x20bf: app::load(int) (src/load.rs:12:5)","0x30: main (in /src/app)"]}`

func TestDHAT(t *testing.T) {
	d, err := read([]byte(dhatFile), DefaultLimits)
	if err != nil {
		t.Fatal(err)
	}
	sums := byName(d)
	if d.Totals != (Values{5, 4196, 1, 1024}) || sums["alloc::alloc"].Flat != (Values{4, 4096, 1, 1024}) || sums["app::load"].Flat.AllocSpace != 100 || sums["main"].Cum != d.Totals || d.Period != 1 {
		t.Errorf("totals %+v, functions %+v, period %d", d.Totals, sums, d.Period)
	}
	d, err = read([]byte(strings.Replace(dhatFile, `"bklt":true`, `"bklt":false`, 1)), DefaultLimits)
	if err != nil || d.Totals != (Values{AllocObjects: 5, AllocSpace: 4196}) || len(d.Types) != 2 {
		t.Errorf("without lifetimes: %+v, %v", d, err)
	}
	// Valgrind prints: "Total: 17,267,804 bytes in 3,501 blocks. At t-end: 7,267,804 bytes in 3,001 blocks".
	d, err = read(readFile(t, "testdata/dhat.json"), DefaultLimits)
	if err != nil {
		t.Fatal(err)
	}
	if sums := byName(d); d.Totals != (Values{3501, 17267804, 3001, 7267804}) || sums["make"].Flat != d.Totals || sums["churn"].Cum.AllocSpace != 10000000 {
		t.Errorf("totals %+v, functions %+v", d.Totals, sums)
	}
	limits := Limits{Raw: 1 << 20, Samples: 1, Locations: 20, Mappings: 2, Depth: 2, Inlined: 3, String: 1 << 20}
	points := func(points string) string {
		return `{"dhatFileVersion":2,"mode":"heap","pps":[` + points + `],"ftbl":["[root]","f"]}`
	}
	for _, test := range []struct{ name, file, want string }{
		{"no stacks", points(""), ""},
		{"another mode", `{"dhatFileVersion":2,"mode":"copy","pps":[],"ftbl":[]}`, `in the mode "copy"`},
		{"many stacks", points(`{"tb":1,"fs":[1]},{"tb":1,"fs":[1]}`), "2 samples"},
		{"deep", points(`{"tb":1,"fs":[1,1,1]}`), "more than 2 frames"},
		{"no such frame", points(`{"tb":1,"fs":[2]}`), "refers to frame 2"},
		{"negative", points(`{"tb":-1,"fs":[1]}`), "a size of -1 bytes"},
		{"huge", points(`{"tb":1e300,"tbk":1,"fs":[1]}`), "larger than any memory"},
		{"frames that are numbers", `{"dhatFileVersion":2,"mode":"heap","pps":[],"ftbl":[1]}`, "no string"},
	} {
		t.Run(test.name, func(t *testing.T) { checkFault(t, []byte(test.file), limits, test.want) })
	}
}

func TestDHATFrame(t *testing.T) {
	for _, test := range []struct {
		text, name, file string
		line             int64
	}{
		{"0x4C31B0F: malloc (vg_replace_malloc.c:299)", "malloc", "vg_replace_malloc.c", 299},
		{"0x1: <T as U>::f(int, (a)) (src/a b.rs:12:5)", "<T as U>::f(int, (a))", "src/a b.rs", 12},
		{"0x1: main (in /src/app)", "main", "/src/app", 0},
		{"0x1: ???", "???", "", 0},
		{"f (a.c:99999999999999)", "f", "a.c", 0},
		{"", "", "", 0},
	} {
		if name, file, line := dhatFrame(test.text); name != test.name || file != test.file || line != test.line {
			t.Errorf("%q: %q, %q, %d", test.text, name, file, line)
		}
	}
}

func FuzzDHAT(f *testing.F) {
	f.Add([]byte(dhatFile))
	f.Fuzz(func(t *testing.T, file []byte) { checkUpload(t, file) })
}
