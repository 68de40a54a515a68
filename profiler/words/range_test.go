package words

import "testing"

func TestPercentRange(t *testing.T) {
	for _, test := range []struct {
		lo, hi float64
		want   string
	}{
		{-51.2, -50, "−51.2% to −50.0%"},
		{-0.02, 0.3, "−0.02% to +0.30%"},
		{-99.99, -50, "−99.99% to −50.00%"},
		{-98.2, 1e-12, "−98.2% to 0%"}, // rounding made it
		{0, 0, "0% to 0%"},
		{952.3947, 1500.2, "+952.4% to +1,500.2%"},
		{-100, 10, "−100.0% to +10.0%"},
	} {
		if got := PercentRange(test.lo, test.hi); got != test.want {
			t.Errorf("%v to %v: %q, want %q", test.lo, test.hi, got, test.want)
		}
	}
}
