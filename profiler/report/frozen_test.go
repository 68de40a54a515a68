package report

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestFrozenReportLacksParts(t *testing.T) {
	const variants = `"variants":[{"name":"a"},{"name":"b"}]`
	for _, test := range []struct{ name, report, want string }{
		{"empty", `{}`, "no variants"},
		{"no variants", `{"variants":[]}`, "no variants"},
		{"variants of one name", `{"variants":[{"name":"a"},{"name":"a"}]}`, "same name"},
		{"variant without a name", `{"variants":[{}]}`, "without a name"},
		{"sweep without values", `{"kind":"sweep",` + variants + `,"rows":[{"row":"x",` + variants + `}]}`, "no values"},
		{"points without a sweep", `{` + variants + `,"points":[{"value":"1",` + variants + `}]}`, "no values"},
		{"sweep without rows", `{"kind":"sweep","sweep":{"over":"n","values":["1"]},` + variants + `}`, "no rows"},
		{"row without variants", `{` + variants + `,"rows":[{"row":"x"}]}`, "row x"},
		{"calibration without a result", `{"kind":"calibration","state":"done","variants":[{"name":"a"}]}`, "no result"},
		{"timeline without values", `{"variants":[{"name":"a","timeline":{"t_ms":[1]}}]}`, "timeline of a"},
		{"complete", `{"state":"done",` + variants + `}`, ""},
		{"complete sweep", `{"kind":"sweep","state":"done","sweep":{"over":"n","values":["1"]},` + variants + `,"points":[{"value":"1",` + variants + `}]}`, ""},
		{"calibration that runs", `{"kind":"calibration","state":"running","variants":[{"name":"a"}]}`, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			var r Report
			err := json.Unmarshal([]byte(test.report), &r)
			if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
				t.Errorf("error = %v, want %q", err, test.want)
			}
		})
	}
}
