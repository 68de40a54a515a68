package views

// anchor aligns the labels at the ends of an axis so that they stay within it.
func anchor(at float64) string {
	switch {
	case at < 2:
		return "start"
	case at > 98:
		return "end"
	}
	return "middle"
}
