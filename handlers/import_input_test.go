package handlers_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"runtime/pprof"
	"strings"
	"testing"

	"github.com/google/pprof/profile"

	"heaplab/store"
)

// heapOf returns a heap profile with one stack of functions, innermost first.
func heapOf(functions ...string) *profile.Profile {
	p := &profile.Profile{
		SampleType: []*profile.ValueType{
			{Type: "alloc_objects", Unit: "count"}, {Type: "alloc_space", Unit: "bytes"},
			{Type: "inuse_objects", Unit: "count"}, {Type: "inuse_space", Unit: "bytes"},
		},
		PeriodType: &profile.ValueType{Type: "space", Unit: "bytes"},
		Period:     512 << 10,
	}
	sample := &profile.Sample{Value: []int64{10, 10 << 20, 1, 1 << 20}}
	for i, name := range functions {
		f := &profile.Function{ID: uint64(i + 1), Name: name, SystemName: name, Filename: name}
		p.Function = append(p.Function, f)
		l := &profile.Location{ID: uint64(i + 1), Line: []profile.Line{{Function: f, Line: 7}}}
		p.Location = append(p.Location, l)
		sample.Location = append(sample.Location, l)
	}
	p.Sample = []*profile.Sample{sample}
	return p
}

// deep returns a profile with one stack of that many frames.
func deep(frames int) *profile.Profile {
	p := heapOf("f", "main")
	for range frames - 2 {
		p.Sample[0].Location = append(p.Sample[0].Location, p.Location[0])
	}
	return p
}

// cpuProfile returns a short CPU profile.
func cpuProfile(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := pprof.StartCPUProfile(&b); err != nil {
		t.Fatal(err)
	}
	pprof.StopCPUProfile()
	return b.Bytes()
}

func goroutineProfile(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := pprof.Lookup("goroutine").WriteTo(&b, 0); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// negative returns a profile with a negative value, as pprof -base makes it.
func negative(t *testing.T) []byte {
	p := heapOf("f")
	p.Sample[0].Value[1] = -1
	return zipped(t, p)
}

// Each bad file gets a sentence that names the file, and nothing is stored.
func TestImportRefusesBadFiles(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	good := jsonProfile(t)
	bomb := gzipOf(t, bytes.Repeat([]byte{0x12, 0x00}, 8<<20)) // eight million samples
	if len(bomb) > 20<<10 {
		t.Fatalf("the bomb has %d bytes", len(bomb))
	}
	tested := []string{"baseline", "variant"}
	if testing.Short() {
		tested = tested[1:]
	}
	damaged := bytes.Clone(good)
	damaged[len(damaged)/2] ^= 0xff
	for _, test := range []struct {
		name string
		file []byte
		want string
	}{
		{"text", []byte("hello\n"), `is text that begins with \"hello\", not a heap profile`},
		{"text that ends early", []byte("heap profile: 1: 2 [3: 4] @ heap/1048576\n"), "ends before its first stack"},
		{"web page", []byte("<!doctype html><title>Sign in</title>"), "is a web page"},
		{"recording of Java", []byte("FLR\x00\x00\x02\x00\x01"), "jfrconv --alloc --total"},
		{"compressed with xz", []byte("\xfd7zXZ\x00\x00\x04"), "unxz"},
		{"corrupt", damaged, "is a damaged gzip file"},
		{"no gzip after all", append([]byte{0x1f, 0x8b}, "nonsense"...), "begins like a gzip file"},
		{"truncated", good[:len(good)/2], "ends early"},
		{"truncated inside", gzipOf(t, []byte{0x12, 0x7f, 0}), "is not a pprof profile"},
		{"empty", nil, "is empty"},
		{"empty inside", gzipOf(t, nil), "is empty"},
		{"two in one", append(bytes.Clone(good), good...), "concatenated profiles"},
		{"huge", make([]byte, 16<<20+1), "is larger than 16 MiB, the limit"},
		{"huge once decompressed", gzipOf(t, make([]byte, 64<<20+1)), "larger than 64 MiB once it is decompressed"},
		{"bomb", bomb, "8388608 samples, over the limit of 1000000"},
		{"deep", zipped(t, deep(100_000)), "a stack of 100000 frames, over the limit of 4096"},
		{"CPU", cpuProfile(t), "is a CPU profile, not a heap profile"},
		{"goroutines", goroutineProfile(t), "is a goroutine profile, not a heap profile"},
		{"a difference", negative(t), "negative values"},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, side := range tested {
				parts := sides(good, good)
				for i := range parts {
					if parts[i].field == side {
						parts[i] = part{side, "my <b>file<b>\u202e.pb.gz", test.file}
					}
				}
				r := s.upload("/api/v1/imports", parts...)
				r.want(t, http.StatusUnprocessableEntity, test.want)
				var problem struct {
					Errors []struct{ Message, Location string }
				}
				if err := json.Unmarshal([]byte(r.body), &problem); err != nil || len(problem.Errors) != 1 {
					t.Fatalf("%v: %s", err, r.body)
				}
				found := problem.Errors[0]
				named := strings.HasPrefix(found.Message, `"my <b>file<b>\u202e.pb.gz" `)
				if found.Location != "body."+side || !named {
					t.Errorf("at %s: %s", found.Location, found.Message)
				}
			}
			page := s.upload("/imports", part{"title", "", []byte(`kept "title"`)}, part{"baseline", "<b>.pb.gz", test.file}, part{"variant", "b", good})
			page.want(t, http.StatusUnprocessableEntity, `id="f-baseline-fault"`)
			page.want(t, http.StatusUnprocessableEntity, `value="kept &#34;title&#34;"`)
			page.want(t, http.StatusUnprocessableEntity, "all of them again")
			if strings.Contains(page.body, "<b>.pb") {
				t.Error("the name of a file is not escaped")
			}
			s.wantNothing()
		})
	}
	if log := s.log.String(); strings.Contains(log, `"ERROR"`) {
		t.Errorf("log: %s", log)
	}
}

// wantNothing checks that there is no experiment, no profile and no file.
func (s *site) wantNothing() {
	s.Helper()
	s.wantNoFiles()
	s.get("/api/v1/experiments").want(s.T, http.StatusOK, `"items":[]`)
	if _, err := s.app.Store.Unread(s.Context()); err == nil {
		s.Error("a profile is stored")
	}
}

// Each fault of a form has the location of its field.
func TestImportRefusesBadForms(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	good := jsonProfile(t)
	both := sides(good, good)
	text := func(field, content string) part { return part{field, "", []byte(content)} }
	var many []part
	for range 145 {
		many = append(many, text("note", "x"))
	}
	files := func(n int) []part {
		all := []part{both[0]}
		for i := range n {
			all = append(all, part{"variant", fmt.Sprintf("%d.pb.gz", i), good})
		}
		return all
	}
	for _, test := range []struct {
		name   string
		parts  []part
		status int
		want   string
	}{
		{"nothing", nil, 422, `"location":"body.baseline"`},
		{"one side", both[:1], 422, `is missing: choose a heap profile or benchmark text","location":"body.variant"`},
		{"a side left empty", []part{both[0], text("variant", "")}, 422, `"location":"body.variant"`},
		{"33 files", files(33), 422, `has 33 files: choose at most 32","location":"body.variant"`},
		{"one count", append(both, text("baseline_count", "5")), 422, `is missing: give the counts of both sides or of neither","location":"body.variant_count"`},
		{"no counts", append(both, text("baseline_count", "0"), text("variant_count", "-1")), 422, `must be a number from 0.001 to 1,000,000,000,000, such as 10000`},
		{"counts that are no numbers", append(both, text("baseline_count", "NaN"), text("variant_count", "1e999")), 422, `"location":"body.variant_count"`},
		{"counts that are huge", append(both, text("baseline_count", "Inf"), text("variant_count", "1e13")), 422, `"location":"body.baseline_count"`},
		{"a hostile unit", append(both, text("baseline_count", "1"), text("variant_count", "1"), text("count_unit", "<b>\u202e")), 422, `"location":"body.count_unit"`},
		{"a title twice", append(both, text("title", "a"), text("title", "b")), 422, `"location":"body.title"`},
		{"unknown", append(both, text("colour", "red")), 422, `"location":"body.colour"`},
		{"unknown and hostile", append(both, text("<script>\u202e", "red")), 422, `\\u202e`},
		{"title", append(both, text("title", strings.Repeat("x", 201))), 422, `at most 200 bytes; it has 201","location":"body.title"`},
		{"note", append(both, text("note", strings.Repeat("x", 1<<20))), 422, `"location":"body.note"`},
		{"tags", append(both, text("tags", "a <b>")), 422, `"location":"body.tags"`},
		{"all at once", []part{text("title", "\xff"), text("note", strings.Repeat("x", 2001)), both[0]}, 422, `"location":"body.variant"`},
		{"many parts", many, 400, "more than 144 parts"},
		{"a long head", []part{{"baseline", strings.Repeat("x", 17<<10), good}}, 400, "16 KiB"},
		{"far too large", append(both, part{"more", "x", make([]byte, 129<<20)}), 413, "128 MiB"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s.upload("/api/v1/imports", test.parts...).want(t, test.status, test.want)
			if r := s.upload("/imports", test.parts...); r.StatusCode != test.status {
				t.Errorf("the page answers %s", r.Status)
			}
			s.wantNothing()
		})
	}
	body, contentType := multipartBody(t, both...)
	for _, test := range []struct {
		name, body, contentType string
		status                  int
		want                    string
	}{
		{"no multipart", "baseline=x", "application/x-www-form-urlencoded", 415, "multipart/form-data"},
		{"JSON", "{}", "application/json", 415, "multipart/form-data"},
		{"cut off", body[:len(body)/2], contentType, 400, "ends early"},
		{"another boundary", body, "multipart/form-data; boundary=x", 400, "16 KiB"},
		{"long after its end", body + strings.Repeat("x", 100<<10), contentType, 400, "16 KiB"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s.do("POST", "/api/v1/imports", test.body, "Content-Type", test.contentType).want(t, test.status, test.want)
			s.wantNothing()
		})
	}
}

// A profile without samples gets a sentence instead of numbers.
func TestImportWithoutSamples(t *testing.T) {
	s := newSite(t)
	empty := heapOf("f")
	empty.Sample = nil
	for i, of := range [][2][]byte{{zipped(t, empty), jsonProfile(t)}, {jsonProfile(t), zipped(t, empty)}, {zipped(t, empty), zipped(t, empty)}} {
		s.upload("/api/v1/imports", sides(of[0], of[1])...).want(t, http.StatusCreated, "")
		path := fmt.Sprintf("/experiments/%d", i+1)
		page := s.get(path)
		page.want(t, http.StatusOK, "has no samples")
		for _, address := range []string{path, path + "/profile", path + "/profile?view=top", path + "/profile?view=calls", "/"} {
			if body := s.get(address).body; strings.Contains(body, "NaN") || strings.Contains(body, "Inf%") {
				t.Errorf("%s shows NaN or Inf", address)
			}
		}
		s.get("/api/v1"+path).want(t, http.StatusOK, "has no samples")
	}
}

// Go's text is converted. Its report shows the memory of the process, and pprof opens the profile that is stored.
func TestImportOfText(t *testing.T) {
	s := newSite(t)
	text, err := os.ReadFile("../profiler/heap/testdata/go-debug1.txt")
	if err != nil {
		t.Fatal(err)
	}
	s.upload("/api/v1/imports", sides(text, gzipOf(t, text))...).want(t, http.StatusCreated, "")
	page := s.get("/experiments/1")
	page.want(t, http.StatusOK, "Memory of the process")
	page.want(t, http.StatusOK, "the process held 9.96 MiB. The profile shows 3.06 MiB")
	s.get("/api/v1/experiments/1").want(t, http.StatusOK, `"heap_released":6701056`)
	for _, side := range []string{"baseline", "variant"} {
		r := s.get("/api/v1/experiments/1/profiles/" + side + ".pb.gz?kind=import")
		r.want(t, http.StatusOK, "")
		prof, err := profile.ParseData([]byte(r.body))
		if err != nil || len(prof.Sample) != 44 {
			t.Errorf("%s: %v, %v", side, prof, err)
		}
	}
	s.get("/experiments/1/profile?view=top").want(t, http.StatusOK, "main.näm.größe")
}

const hostile = `"><script>alert(1)</script><img src=x onerror=alert(2)>` + "\u202e\x1b[31m\u200b"

// Pages escape the names in a profile, and show invisible characters and those that change the
// reading direction as escape sequences.
func TestHostileImport(t *testing.T) {
	s := newSite(t)
	before := heapOf(hostile, "example.com/a/b.(*T)."+hostile, strings.Repeat("long/"+hostile, 160), "main.main")
	before.Mapping = []*profile.Mapping{{ID: 1, File: hostile, BuildID: hostile}}
	before.Comments, before.DropFrames = []string{hostile}, hostile
	before.Sample[0].Label = map[string][]string{hostile: {hostile}}
	after := before.Copy()
	after.Sample[0].Value = []int64{20, 20 << 20, 2, 2 << 20}
	parts := sides(zipped(t, before), zipped(t, after))
	parts[0].file = hostile
	r := s.upload("/api/v1/imports", append(parts, part{"title", "", []byte(hostile)}, part{"note", "", []byte(hostile)})...)
	r.want(t, http.StatusCreated, "")
	shared := s.postJSON("/api/v1/experiments/1/shares", `{"include_profiles":true}`)
	shared.want(t, http.StatusCreated, "url")
	share := shared.body[strings.Index(shared.body, "/s/"):]
	share = share[:strings.IndexByte(share, '"')]

	focus := url.Values{"focus": {hostile}}.Encode()
	for _, path := range []string{
		"/", "/?case=import", "/experiments/1", "/experiments/1/profile", "/experiments/1/profile?view=top", "/experiments/1/profile?view=calls",
		"/experiments/1/profile?" + focus, "/experiments/1/shares", share, share + "/profile", "/experiments/1/profile.svg",
		"/experiments/1/report.html", share + "/report.html", "/experiments/1/profile?view=top&by=package", "/experiments/1/profile?view=top&" + url.Values{"package": {hostile}}.Encode(), "/experiments/1/source", "/compare",
	} {
		page := s.get(path)
		page.want(t, http.StatusOK, "")
		if !strings.Contains(page.body, `\u202e`) && path != "/compare" {
			t.Errorf("%s does not show the names", path)
		}
		doc := document(t, page.body)
		if n := doc.Find(`img, [onerror], script:not([src])`).Length(); n > 0 {
			t.Errorf("%s: names created %d elements", path, n)
		}
		doc.Find("input, textarea").Remove() // form fields have the values of the query
		if text := doc.Text(); strings.ContainsAny(text, "\u202e\x1b\u200b") {
			t.Errorf("%s: invisible characters are not escaped", path)
		}
	}
	if page, err := s.app.Store.History(t.Context(), store.Filter{Limit: 9}); err != nil || len(page.Experiments) != 1 {
		t.Errorf("history = %v, %v", page, err)
	}
}

// Only the two routes of imports accept more than 64 KiB.
func TestOnlyImportsAcceptLargeBodies(t *testing.T) {
	s := newSite(t)
	body, contentType := multipartBody(t, sides(make([]byte, 100<<10), nil)...)
	for _, path := range []string{"/experiments", "/experiments/1/note", "/api/v1/experiments", "/imports/new", "/imports/", "/api/v1/imports/", "/nowhere"} {
		s.do("POST", path, body, "Content-Type", contentType).want(t, http.StatusRequestEntityTooLarge, "64 KiB")
	}
	s.do("PUT", "/imports", body, "Content-Type", contentType).want(t, http.StatusRequestEntityTooLarge, "64 KiB")
	for _, path := range []string{"/imports", "/api/v1/imports"} {
		s.do("POST", path, body, "Content-Type", contentType).want(t, http.StatusUnprocessableEntity, "is not a pprof profile")
		s.do("POST", path, body, "Content-Type", contentType, "Sec-Fetch-Site", "cross-site").want(t, http.StatusForbidden, "")
		s.do("POST", path, body, "Content-Type", contentType, "Host", "evil.example").want(t, http.StatusMisdirectedRequest, "")
	}
}
