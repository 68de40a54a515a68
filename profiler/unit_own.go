package profiler

// A UnitInfo is what benchmark text says about a unit.
type UnitInfo struct {
	Better int  `json:"better" doc:"-1 if less is better, 1 if more is better, 0 if neither is"`
	Exact  bool `json:"exact,omitempty" doc:"the values hardly vary, so one is enough"`
}

// Unit returns the unit with that name, with what the design says about it.
func (d *Design) Unit(name string) Unit { return UnitOf(d.Units, name) }

// UnitOf returns the unit with that name, with what is known about it.
func UnitOf(known map[string]UnitInfo, name string) Unit {
	u := LookupUnit(name)
	info, ok := known[name]
	if !ok {
		return u
	}
	u.Better = info.Better
	if info.Exact && !u.Exact {
		u.Exact, u.Floor, u.Margin = true, exactFloor, exactFloor
	}
	return u
}

// exactFloor is the noise floor and the margin of a unit that is exact, as of bytes per operation.
const exactFloor = 0.001
