package main

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"mime/multipart"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/google/pprof/profile"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"heaplab/profiler"
)

// largestServer is the memory that the server may need for any upload, in bytes. Children read the files.
const largestServer = 512 << 20

var hostile = flag.Bool("hostile", false, "measure the memory of the server while it takes hostile files, for a minute")

// The server keeps to its memory while it takes files that are made to use it up, several at once, and shows those that
// it accepts.
func TestHostileImportsKeepMemory(t *testing.T) {
	if !*hostile {
		t.Skip("takes a minute: run make hostile")
	}
	d := startDashboard(t, t.TempDir())
	good := hostileFile{"good", pprofOf(t, 10, 5)}
	var all sync.WaitGroup
	atOnce := make(chan struct{}, 4)
	for _, file := range hostileFiles(t) {
		all.Go(func() {
			atOnce <- struct{}{}
			defer func() { <-atOnce }()
			d.importHostile(file, []hostileFile{good}, []hostileFile{file})
		})
	}
	all.Wait()
	d.importHostile(hostileFile{name: "many files"}, manyFiles(t, 1), manyFiles(t, 2))
	if peak := d.highWater(); peak > largestServer {
		t.Errorf("the server needed %d MiB, over %d", peak>>20, int64(largestServer)>>20)
	} else {
		t.Logf("the server needed %d MiB", peak>>20)
	}
}

// A hostileFile is a file to upload.
type hostileFile struct {
	name    string
	content []byte
}

// manyFiles returns different files that together are nearly as large as an import may be, and that gzip cannot
// compress.
func manyFiles(t *testing.T, seed uint64) (all []hostileFile) {
	t.Helper()
	random := rand.New(rand.NewPCG(seed, 0))
	for range 8 {
		p := pprofStacks(10, 5)
		for range 450_000 {
			p.Sample = append(p.Sample, &profile.Sample{
				Location: p.Sample[0].Location, Value: []int64{random.Int64N(1 << 20), random.Int64N(1 << 36)},
			})
		}
		all = append(all, hostileFile{"many", compressed(t, rawOf(t, p))})
	}
	return all
}

// hostileFiles returns files of each format that cost as much as they can.
func hostileFiles(t *testing.T) []hostileFile {
	t.Helper()
	members := bytes.Repeat(compressed(t, []byte{0x12, 0x00}), 100_000)
	lines := func(head, line string, n int) []byte {
		var b bytes.Buffer
		b.WriteString(head)
		for i := range n {
			fmt.Fprintf(&b, line, i+1)
		}
		return b.Bytes()
	}
	const nodes = 400_000
	node := `{"callFrame":{"functionName":"f","url":"u","lineNumber":1,"columnNumber":1},"selfSize":1,"id":1,"children":[`
	return []hostileFile{
		{"gzip bomb", compressed(t, zeros(1<<30))},
		{"zstd bomb", zstdOf(t, zeros(1<<30))},
		{"gzip of many members", members},
		{"samples", pprofOf(t, 150_000, 5)},
		{"many functions", pprofOf(t, 15_000, 20)},
		{"deep stacks", pprofOf(t, 3_000, 2_000)},
		{"large strings", compressed(t, pprofStrings(t))},
		{"empty samples", compressed(t, bytes.Repeat([]byte{0x12, 0x00}, 30<<20))},
		{"nested groups", compressed(t, bytes.Repeat([]byte{0x0b}, 30<<20))},
		{"text", compressed(t, lines("heap profile: 1: 2 [3: 4] @ heap/1048576\n", "1: 1 [1: 1] @ 0x%x 0x1 0x2 0x3\n", 1_000_000))},
		{"text of Go", compressed(t, lines("heap profile: 1: 2 [3: 4] @ heap/1048576\n", "1: 1 [1: 1] @ 0x%x\n#\t0x1\tf+0x1\tf.go:1\n\n", 800_000))},
		{"nested JSON", compressed(t, bytes.Repeat([]byte("["), 30<<20))},
		{"deep V8", compressed(t, []byte(`{"head":`+strings.Repeat(node, nodes)+strings.Repeat("]}", nodes)+`,"samples":[]}`))},
		{"wide V8", compressed(t, []byte(`{"head":`+node+strings.TrimSuffix(strings.Repeat(node+"]},", nodes), ",")+`]},"samples":[]}`))},
		{"DHAT", compressed(t, append(lines(`{"dhatFileVersion":2,"mode":"rust-heap","bklt":true,"ftbl":["[root]","0x1: f (f.rs:1:1)"],"pps":[`,
			`{"tb":%d,"tbk":1,"mb":1,"mbk":1,"gb":1,"gbk":1,"eb":1,"ebk":1,"fs":[1]},`, 600_000), `{"tb":1,"tbk":1,"fs":[1]}]}`...))},
		{"memray", compressed(t, append(lines(`{"version":0,"costs":[{"description":"Memory","unit":"bytes"}],"functions":[{"name":"f","module":"m"}],"events":[`,
			`{"cost":[%d],"callchain":[0,0,0,0]},`, 900_000), `{"cost":[1],"callchain":[0]}]}`...))},
	}
}

func zeros(n int64) io.Reader { return io.LimitReader(zero{}, n) }

type zero struct{}

func (zero) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// compressed returns bytes, or what a reader has, in gzip format.
func compressed(t *testing.T, content any) []byte {
	t.Helper()
	var out bytes.Buffer
	zip := gzip.NewWriter(&out)
	copyInto(t, zip, content)
	return out.Bytes()
}

func zstdOf(t *testing.T, content any) []byte {
	t.Helper()
	var out bytes.Buffer
	zip, err := zstd.NewWriter(&out)
	if err != nil {
		t.Fatal(err)
	}
	copyInto(t, zip, content)
	return out.Bytes()
}

func copyInto(t *testing.T, to io.WriteCloser, content any) {
	t.Helper()
	from, ok := content.(io.Reader)
	if !ok {
		from = bytes.NewReader(content.([]byte))
	}
	if _, err := io.Copy(to, from); err != nil {
		t.Fatal(err)
	}
	if err := to.Close(); err != nil {
		t.Fatal(err)
	}
}

// pprofOf returns a profile of as many stacks of different functions, each of that many frames.
func pprofOf(t *testing.T, stacks, frames int) []byte {
	t.Helper()
	return compressed(t, rawOf(t, pprofStacks(stacks, frames)))
}

func pprofStacks(stacks, frames int) *profile.Profile {
	p := &profile.Profile{
		SampleType: []*profile.ValueType{{Type: "alloc_objects", Unit: "count"}, {Type: "alloc_space", Unit: "bytes"}},
		PeriodType: &profile.ValueType{Type: "space", Unit: "bytes"}, Period: 1,
	}
	for i := range max(min(stacks, 100_000), frames) {
		f := &profile.Function{ID: uint64(i + 1), Name: "package" + strconv.Itoa(i%100) + ".function" + strconv.Itoa(i)}
		p.Function = append(p.Function, f)
		p.Location = append(p.Location, &profile.Location{ID: uint64(i + 1), Line: []profile.Line{{Function: f, Line: 1}}})
	}
	for i := range stacks {
		s := &profile.Sample{Value: []int64{1, 64}}
		for k := range frames {
			s.Location = append(s.Location, p.Location[(i+k*7)%len(p.Location)])
		}
		p.Sample = append(p.Sample, s)
	}
	return p
}

func rawOf(t *testing.T, p *profile.Profile) []byte {
	t.Helper()
	var raw bytes.Buffer
	if err := p.WriteUncompressed(&raw); err != nil {
		t.Fatal(err)
	}
	return raw.Bytes()
}

// pprofStrings returns a string table that fills the limit of an uncompressed profile.
func pprofStrings(t *testing.T) []byte {
	t.Helper()
	p := &profile.Profile{
		SampleType: []*profile.ValueType{{Type: "alloc_space", Unit: "bytes"}},
		PeriodType: &profile.ValueType{Type: "space", Unit: "bytes"}, Period: 1,
	}
	for i := range 4_000 {
		f := &profile.Function{ID: uint64(i + 1), Name: strconv.Itoa(i) + strings.Repeat("\u202e\xff<b>", 2_000)}
		l := &profile.Location{ID: uint64(i + 1), Line: []profile.Line{{Function: f, Line: 1}}}
		p.Function, p.Location = append(p.Function, f), append(p.Location, l)
		p.Sample = append(p.Sample, &profile.Sample{Value: []int64{1 << 20}, Location: []*profile.Location{l}})
	}
	return rawOf(t, p)
}

// importHostile uploads the files of two sides. If they are accepted, it opens the pages of the report.
func (d *dashboard) importHostile(what hostileFile, before, after []hostileFile) {
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for side, files := range map[string][]hostileFile{profiler.ImportBaseline: before, profiler.ImportVariant: after} {
		for _, f := range files {
			part, err := form.CreateFormFile(side, "heap.pb.gz")
			if err != nil {
				d.Error(err)
				return
			}
			_, _ = part.Write(f.content) // a bytes.Buffer takes all
		}
	}
	if err := form.Close(); err != nil {
		d.Error(err)
		return
	}
	resp, err := http.Post(d.url+"/imports", form.FormDataContentType(), &body)
	if err != nil {
		d.Errorf("%s: %v", what.name, err)
		return
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, resp.Body)
	d.Logf("%s: %d bytes, status %d at %s, server at %d MiB", what.name, len(what.content), resp.StatusCode, resp.Request.URL.Path, d.highWater()>>20)
	if resp.StatusCode >= http.StatusInternalServerError {
		d.Errorf("%s: status %d", what.name, resp.StatusCode)
	}
	if !strings.HasPrefix(resp.Request.URL.Path, "/experiments/") {
		return
	}
	for _, view := range []string{"/profile", "/profile?view=top", "/profile?view=calls", "/profile?by=package"} {
		page, err := http.Get(d.url + resp.Request.URL.Path + view)
		if err != nil {
			d.Errorf("%s: %v", what.name, err)
			return
		}
		_, _ = io.Copy(io.Discard, page.Body)
		page.Body.Close()
		if page.StatusCode != http.StatusOK {
			d.Errorf("%s: status %d of %s", what.name, page.StatusCode, view)
		}
	}
}

// highWater returns the largest resident memory of the server so far, in bytes.
func (d *dashboard) highWater() int64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", d.cmd.Process.Pid))
	if err != nil {
		d.Error(err)
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	line, _, _ := strings.Cut(rest, " kB")
	kib, err := strconv.ParseInt(strings.TrimSpace(line), 10, 64)
	if err != nil {
		d.Error(err)
	}
	return kib << 10
}
