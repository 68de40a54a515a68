package views

import (
	"strconv"
	"time"
)

// Expiries are the choices of how long a link is valid.
var Expiries = []Choice{
	{"24h", "one day"},
	{"168h", "one week"},
	{"720h", "30 days"},
	{"8760h", "one year"},
}

const defaultExpiry = "720h"

const active = "Active"

// shareState returns the state of a link at a moment.
func shareState(s ShareItem, at time.Time) string {
	switch {
	case !s.Revoked.IsZero():
		return "Revoked"
	case !s.Expires.IsZero() && !at.Before(s.Expires):
		return "Expired"
	}
	return active
}

func profilesText(with bool) string {
	if with {
		return "with profiles"
	}
	return "without profiles"
}

func linksText(n int) string {
	if n == 0 {
		return "No links yet."
	}
	return strconv.Itoa(n) + " created; a revoked link stops working immediately"
}
