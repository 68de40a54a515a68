package heap

import "testing"

// An allocation counts for the innermost chosen function on its path, and without one for none.
func TestAttribute(t *testing.T) {
	const mib = 1 << 20
	d := NewDiff(
		digest(t,
			stack{[]string{"strings.Repeat", "m.Inner", "m.Outer", "main"}, 3 * mib},
			stack{[]string{"fmt.Sprint", "m.Outer", "main"}, 2 * mib},
			stack{[]string{"runtime.gc"}, mib},
		),
		digest(t, stack{[]string{"strings.Repeat", "m.Inner", "m.Outer", "main"}, 4 * mib}),
	)
	sums := d.Attribute(AllocSpace, func(f FunctionDiff) bool { return f.Name == "m.Inner" || f.Name == "m.Outer" })
	for name, want := range map[string]Change{
		"m.Inner": {Before: 3 * mib, After: 4 * mib}, "m.Outer": {Before: 2 * mib},
		"strings.Repeat": {}, "runtime.gc": {}, "main": {},
	} {
		if got := sums[d.Function(name)]; !got.equal(want) {
			t.Errorf("%s = %d → %d, want %d → %d", name, got.Before, got.After, want.Before, want.After)
		}
	}
}
