package views

import (
	"heaplab/profiler/report"
)

// Paths of the icons.
const (
	iconSun     = "M8 1.5v1.2M8 13.3v1.2M1.5 8h1.2M13.3 8h1.2M3.4 3.4l.9.9M11.7 11.7l.9.9M12.6 3.4l-.9.9M4.3 11.7l-.9.9M8 5a3 3 0 100 6 3 3 0 000-6z"
	iconCheck   = "M3 8.5l3.2 3.2L13 4.8"
	iconCross   = "M4 4l8 8M12 4l-8 8"
	iconWarning = "M8 2.2l6.2 11.3H1.8zM8 6.6v3.1M8 11.6v.1"
	iconLink    = "M6.6 9.4l2.8-2.8M7.2 4.6l1.6-1.6a2.9 2.9 0 014.1 4.1l-1.6 1.6M8.8 11.4l-1.6 1.6a2.9 2.9 0 01-4.1-4.1l1.6-1.6"
	iconArrow   = "M3 8h10M9.5 4.5L13 8l-3.5 3.5"
	iconSearch  = "M7 12A5 5 0 107 2a5 5 0 000 10zM10.8 10.8L14 14"
	iconDown    = "M8 2v8M4.8 7L8 10.2 11.2 7M2.5 13.5h11"
	iconUp      = "M8 10.5v-8M4.8 5.600L8 2.400l3.200 3.200M2.5 13.5h11"
	iconCopy    = "M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3"
	iconPlay    = "M4.5 2.8l8.5 5.2-8.5 5.2z"
	iconTrash   = "M2.5 4.5h11M6 4.5v-2h4v2M4 4.5l.6 9h6.8l.6-9M6.7 7v4M9.3 7v4"
	iconPlus    = "M8 3v10M3 8h10"
	iconAgain   = "M13 8a5 5 0 11-1.5-3.6M13 2.2v2.6h-2.6"
	iconEdit    = "M3 13l.6-2.8L10.8 3l2.2 2.2-7.2 7.2zM9.3 4.5l2.2 2.2"
	iconPin     = "M6 2h4M6.5 2v4.500L4.200 9h7.600L9.500 6.500V2M8 9v5"
	iconClock   = "M8 14A6 6 0 108 2a6 6 0 000 12zM8 4.8V8l2.2 1.6"
	iconLeft    = "M13 8H3M6.5 4.5L3 8l3.5 3.5"
	iconMixed   = "M5 13V3M2.5 5.5L5 3l2.5 2.5M11 3v10M8.500 10.500L11 13l2.500-2.500"
	iconSame    = "M2.500 9c1.800-3 3.700-3 5.500-1s3.700 2 5.500-1"
)

// verdictIcon returns the icon of a verdict, because colour alone is not enough.
func verdictIcon(verdict report.Verdict) string {
	switch verdict {
	case "better":
		return iconCheck
	case "worse":
		return iconWarning
	case report.Mixed:
		return iconMixed
	}
	return iconSame
}
