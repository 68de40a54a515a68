package profiler

import (
	"reflect"
	"strings"
	"testing"
)

func TestParseSweep(t *testing.T) {
	for _, test := range []struct {
		name, text string
		want       string // as String writes it, or ""
		over       string
		fault      string // part of it, or ""
	}{
		{"a setting", "GOGC=25,50,100,200", "GOGC=25,50,100,200", "gogc", ""},
		{"a setting in small letters", "gogc=off,100", "GOGC=off,100", "gogc", ""},
		{"a setting in any letters", "GoMemLimit=64MiB,1GiB", "GOMEMLIMIT=64MiB,1GiB", "gomemlimit", ""},
		{"processors", "GOMAXPROCS=1,2", "GOMAXPROCS=1,2", "gomaxprocs", ""},
		{"a param", "batch=8,16,32", "batch=8,16,32", "batch", ""},
		{"a param keeps its letters", "Batch=8,16", "Batch=8,16", "Batch", ""},
		{"the order is kept", "n=3,1,2", "n=3,1,2", "n", ""},
		{"spaces", " n = 1, 2 3 ", "n=1,2,3", "n", ""},
		{"empty values do not count", "n=1,,2,", "n=1,2", "n", ""},
		{"eight values", "n=1,2,3,4,5,6,7,8", "n=1,2,3,4,5,6,7,8", "n", ""},
		{"nine values", "n=1,2,3,4,5,6,7,8,9", "", "", "must have 2 to 8 values"},
		{"one value", "n=1", "", "", "must have 2 to 8 values"},
		{"no value", "n=", "", "", "must have 2 to 8 values"},
		{"one value twice", "n=1,2,1", "", "", "has the value 1 twice"},
		{"no name", "=1,2", "", "", "must have the form"},
		{"no values", "GOGC", "", "", "must have the form"},
		{"empty", "", "", "", "must have the form"},
	} {
		t.Run(test.name, func(t *testing.T) {
			sweep, err := ParseSweep(test.text)
			if test.fault != "" {
				if err == nil || !strings.Contains(err.Error(), test.fault) {
					t.Errorf("error = %v, want %q", err, test.fault)
				}
				return
			}
			if err != nil || sweep.String() != test.want || sweep.Over != test.over {
				t.Fatalf("sweep = %v over %s, %v; want %s over %s", sweep, sweep.Over, err, test.want, test.over)
			}
			if back, err := ParseSweep(sweep.String()); err != nil || !reflect.DeepEqual(back, sweep) {
				t.Errorf("read back %v, %v; want %v", back, err, sweep)
			}
		})
	}
}
