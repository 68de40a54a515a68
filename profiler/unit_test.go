package profiler

import "testing"

func TestIsLead(t *testing.T) {
	for _, test := range []struct {
		unit string
		want bool
	}{
		{NsPerOp, true},
		{WallTime, true}, // the time of a command
		{UserTime, false},
		{PeakRSS, true},
		{LiveHeap, false}, // leads another role
		{"widgets", false},
	} {
		if got := IsLead(test.unit, RoleTime, RoleResident); got != test.want {
			t.Errorf("IsLead(%s) = %v, want %v", test.unit, got, test.want)
		}
	}
}
