package benchtext

import (
	"os"
	"strings"
	"testing"

	"golang.org/x/perf/benchfmt"
)

// The events of two packages are mixed, and a line of a result can be in several of them.
func TestTextOfEvents(t *testing.T) {
	content, err := os.ReadFile("testdata/events.json")
	if err != nil {
		t.Fatal(err)
	}
	text, err := Text(content)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	_, err = Each([]File{{"events.json", text}}, func(_ int, r benchfmt.Record) {
		result, ok := r.(*benchfmt.Result)
		if !ok {
			t.Fatal(r)
		}
		bytes, _ := result.Value("B/op")
		if bytes != 64 || len(result.Values) != 4 {
			t.Errorf("values %v", result.Values)
		}
		got = append(got, result.GetConfig("pkg")+" "+result.Name.String())
	})
	if want := "example.com/m/a Make/n=64-2,example.com/m/a Make/n=64-2,example.com/m/b Make/n=64-2,example.com/m/b Make/n=64-2"; err != nil || strings.Join(got, ",") != want {
		t.Errorf("%v, results %q, want %q", err, got, want)
	}
}

func TestText(t *testing.T) {
	const event = `{"Action":"output","Package":"p","Output":"BenchmarkA 1 2 ns/op\n"}` + "\n"
	for name, test := range map[string]struct{ content, want, fault string }{
		"text":             {"BenchmarkA 1 2 ns/op\n", "BenchmarkA 1 2 ns/op\n", ""},
		"nothing":          {"", "", ""},
		"events":           {event, "BenchmarkA 1 2 ns/op\n\n", ""},
		"events and CRLF":  {strings.ReplaceAll(event, "}\n", "}\r\n"), "BenchmarkA 1 2 ns/op\n\n", ""},
		"no last newline":  {strings.TrimSpace(event), "BenchmarkA 1 2 ns/op\n\n", ""},
		"JSON of a log":    {"{\"level\":\"info\"}\nBenchmarkA 1 2 ns/op\n" + event, "{\"level\":\"info\"}\nBenchmarkA 1 2 ns/op\n" + event, ""},
		"another Action":   {"{\"Action\":\"buy\"}\nBenchmarkA 1 2 ns/op\n", "{\"Action\":\"buy\"}\nBenchmarkA 1 2 ns/op\n", ""},
		"cut off":          {event + event[:40], "", "line 2 is not a whole event"},
		"damaged":          {event + "{]\n" + event, "", "line 2 is not a whole event"},
		"UTF-16":           {"\xff\xfeB\x00", "", "iconv"},
		"UTF-16 of others": {"\xfe\xff\x00B", "", "iconv"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Text([]byte(test.content))
			if string(got) != test.want || (err == nil) != (test.fault == "") || err != nil && !strings.Contains(err.Error(), test.fault) {
				t.Errorf("%q, %v", got, err)
			}
		})
	}
}

func TestNotFinite(t *testing.T) {
	for _, value := range []string{"NaN", "Inf", "-Inf"} {
		_, _, err := Compare([]File{{"a.txt", []byte("\nBenchmarkA 1 " + value + " ns/op\n")}})
		if err == nil || !strings.Contains(err.Error(), "line 2 of a.txt") {
			t.Errorf("%s: %v", value, err)
		}
	}
}
