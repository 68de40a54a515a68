package views

import (
	"slices"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"heaplab/profiler/subject/builtin"
	"heaplab/profiler/weights"
	"heaplab/profiler/words"
)

// testPredict is the prediction of a small model with a causal mask.
func testPredict() PredictPage {
	file := weights.File{Path: "small.safetensors", Format: weights.Safetensors, Size: 1 << 20}
	for _, t := range []struct {
		name  string
		shape []int64
	}{
		{"wte.weight", []int64{1000, 64}}, {"wpe.weight", []int64{128, 64}},
		{"h.0.attn.c_attn.weight", []int64{64, 192}}, {"h.0.attn.c_attn.bias", []int64{192}}, {"h.0.attn.bias", []int64{1, 1, 128, 128}},
		{"h.0.mlp.c_proj.weight", []int64{256, 64}},
		{"ln_f.weight", []int64{64}},
	} {
		tensor := weights.Tensor{Name: t.name, Type: weights.F32, Shape: t.shape}
		tensor.Bytes = 4 * tensor.Count()
		file.Tensors = append(file.Tensors, tensor)
	}
	prediction := weights.Predict(&file)
	return PredictPage{
		Folder: true, Models: []ModelFile{{"large.gguf", 4 << 30}, {"small.safetensors", 1 << 20}}, File: "small.safetensors",
		Prediction: &prediction, Tensors: file.Tensors, Cases: []builtin.Case{testCase(), {Name: "gpt2-precision"}},
	}
}

func TestPredictPage(t *testing.T) {
	doc := document(t, Predict(testPredict()))
	if got := doc.Find(`#model option[selected]`).AttrOr("value", ""); got != "small.safetensors" {
		t.Errorf("the chosen file is %q", got)
	}
	rows := map[string]string{}
	table := doc.Find(".savings tbody tr")
	for i := range table.Nodes {
		row := table.Eq(i)
		rows[text(row.Find("th"))] = text(row.Find("td"))
	}
	for name, want := range map[string]string{
		"Stored as float16 Measure it : stored as float16": "▼ 2.00 × less 2n; n = 101,120",
		"Int8 per output channel":                          "n + 4c + 4m; n = 92,672 in matrices, c = 1,256 outputs",
		"Pruned 50%, sparse rows":                          "▲ 1.0",
		"Mapped, 10% touched":                              "▼ 9.85 × less",
	} {
		if !strings.Contains(rows[name], want) {
			t.Errorf("%s: %q, want %q", name, rows[name], want)
		}
	}
	if got := text(doc.Find(".warnings")); !strings.Contains(got, "causal masks, 65536 bytes, are left out") {
		t.Errorf("notes: %q", got)
	}
	if got := text(doc.Find(".untold")); !strings.Contains(got, "depends on your program") {
		t.Errorf("untold: %q", got)
	}
	for target, want := range map[string]int{"/experiments/new?case=gpt2-precision": 4, "/experiments/new?case=preallocation": 1, "/experiments/new?case=mmap": 0} {
		if got := doc.Find(`a[href="` + target + `"]`).Length(); got != want {
			t.Errorf("%d links to %s, want %d", got, target, want)
		}
	}
	if got := doc.Find(".parts details table").Length(); got != 2*11 {
		t.Errorf("%d tables of parts", got)
	}
}

// A link opens the case with the file, if the case accepts the file.
func TestPredictLinks(t *testing.T) {
	model := func(files ...string) builtin.Case {
		return builtin.Case{Name: "gpt2-precision", Params: []builtin.Param{{Name: "model", Choices: append([]string{"gpt2-mini"}, files...)}}}
	}
	matrices := func(files ...string) builtin.Case {
		return builtin.Case{Name: "matrices", Params: []builtin.Param{{Name: "model", Choices: files}}}
	}
	mapping := func(files ...string) builtin.Case {
		return builtin.Case{Name: "mmap", Params: []builtin.Param{{Name: "file", Choices: append([]string{"generated"}, files...)}, {Name: "mib", Max: 2048}}}
	}
	const file, said = "small.safetensors", "A technique without a link"
	for _, test := range []struct {
		name  string
		cases []builtin.Case
		size  int64
		links []string // each once or more
		said  bool
	}{
		{"both", []builtin.Case{model(file), mapping(file)}, 1 << 20, []string{"gpt2-precision&param.model=" + file, "mmap&param.file=" + file + "&param.mib=1"}, false},
		{"both cases of formats", []builtin.Case{model(file), matrices(file)}, 1 << 20, []string{"gpt2-precision&param.model=" + file, "matrices&param.model=" + file}, false},
		{"matrices alone", []builtin.Case{model(), matrices(file)}, 1 << 20, []string{"matrices&param.model=" + file}, false},
		{"a part of a MiB", []builtin.Case{mapping(file)}, 1<<20 + 1, []string{"mmap&param.file=" + file + "&param.mib=2"}, false},
		{"large", []builtin.Case{mapping(file)}, 4 << 30, []string{"mmap&param.file=" + file + "&param.mib=2048"}, false},
		{"mapped alone", []builtin.Case{model(), mapping(file)}, 1 << 20, []string{"mmap&param.file=" + file + "&param.mib=1"}, true},
		{"neither", []builtin.Case{model("other"), mapping()}, 1 << 20, nil, true},
		{"no choice of a model", []builtin.Case{{Name: "gpt2-precision"}}, 1 << 20, []string{"gpt2-precision"}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			page := testPredict()
			page.Cases, page.Prediction.Size = test.cases, test.size
			doc := document(t, Predict(page))
			var got []string
			doc.Find("a.measure").Each(func(_ int, link *goquery.Selection) {
				got = append(got, strings.TrimPrefix(link.AttrOr("href", ""), "/experiments/new?case="))
			})
			if got = slices.Compact(got); !slices.Equal(got, test.links) {
				t.Errorf("links %q, want %q", got, test.links)
			}
			if strings.Contains(text(doc.Find("main")), said) != test.said {
				t.Errorf("the page says that there are cases without a link: %v", !test.said)
			}
		})
	}
}

func TestSavedText(t *testing.T) {
	for _, test := range []struct {
		before, after int64
		class, text   string
	}{
		{200, 100, "less", "2.00 × less"},
		{100, 200, "more", "2.00 × more"},
		{100, 100, "same", "the same"},
		{100_000, 99_999, "same", "slightly less"},
		{100_000, 100_001, "same", "slightly more"},
		{0, 0, "same", words.None},
	} {
		if got := newSavedText(test.before, test.after); got.Class != test.class || got.Text != test.text {
			t.Errorf("%d to %d: %+v, want %s, %s", test.before, test.after, got, test.class, test.text)
		}
	}
}

func TestWeightBars(t *testing.T) {
	bars := weightBars(testPredict().Prediction)
	if len(bars) != 11 || bars[0].Role != "before" || bars[0].Variant != "in the file" {
		t.Fatalf("bars: %+v", bars)
	}
	for _, b := range bars {
		if b.Width <= 0 || b.Width > 100 || (b.Role == "over") != (b.Variant == "csr-50") {
			t.Errorf("bar: %+v", b)
		}
	}
}

// The page lists every tensor of the header, including tensors that are not weights.
func TestPredictListsTensors(t *testing.T) {
	p := testPredict()
	p.Tensors[0].Name = "<b>" + p.Tensors[0].Name
	doc := document(t, Predict(p))
	rows := doc.Find(`section[aria-labelledby="tensors-h"] tbody tr`)
	if rows.Length() != len(p.Tensors) {
		t.Fatalf("%d rows of %d tensors", rows.Length(), len(p.Tensors))
	}
	if got, want := text(rows.First()), "<b>wte.weight F32 1,000 × 64 250 KiB"; got != want {
		t.Errorf("the first row is %q, want %q", got, want)
	}
	p.Tensors = slices.Repeat(p.Tensors, shownTensors)
	if doc = document(t, Predict(p)); doc.Find(`section[aria-labelledby="tensors-h"] tbody tr`).Length() != shownTensors {
		t.Error("a file of many tensors is listed whole")
	}
}
