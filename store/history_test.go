package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"heaplab/profiler"
)

func TestHistoryFilters(t *testing.T) {
	s, ctx := open(t), t.Context()
	alpha, beta := launch("alpha"), launch("beta")
	beta.Note, beta.Tags = "50%_off", []string{"green"}
	beta.Kind = profiler.KindCalibration
	one, two, three := add(t, s, alpha), add(t, s, beta), begin(t, s)
	for _, test := range []struct {
		name   string
		filter Filter
		want   []int64
	}{
		{"all, newest first", Filter{}, []int64{three, two, one}},
		{"oldest", Filter{Sort: Oldest}, []int64{one, two, three}},
		{"kind", Filter{Kind: profiler.KindCalibration}, []int64{two}},
		{"subject", Filter{Subject: "case:alpha"}, []int64{one}},
		{"kind of subject", Filter{Subject: "case"}, []int64{three, two, one}},
		{"another kind of subject", Filter{Subject: "command"}, nil},
		{"part of a subject", Filter{Subject: "case:alph"}, nil},
		{"state", Filter{State: profiler.Running}, []int64{three}},
		{"tag", Filter{Tag: "green"}, []int64{two}},
		{"part of a tag", Filter{Tag: "gree"}, nil},
		{"query in the name", Filter{Query: "ALPH"}, []int64{one}},
		{"query in the params", Filter{Query: "n=3"}, []int64{three, two, one}},
		{"query of a number", Filter{Query: "#2"}, []int64{two}},
		{"query in the title", Filter{Query: "the case BETA"}, []int64{two}},
		{"query with a part of a label", Filter{Query: "mode=u"}, []int64{three, two, one}},
		{"query with JSON", Filter{Query: `"n"`}, nil},
		{"query with wildcards of LIKE", Filter{Query: "%_"}, []int64{two}},
		{"query in tags", Filter{Query: "blue"}, []int64{three, one}},
		{"query and state", Filter{Query: "blue", State: profiler.Queued}, []int64{one}},
		{"SQL injection", Filter{Subject: "' OR 1=1 --"}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.filter.Limit = 10
			page, err := s.History(ctx, test.filter)
			must(t, err)
			if got := ids(page); !slices.Equal(got, test.want) || page.Next != "" {
				t.Errorf("got %v, next %q; want %v", got, page.Next, test.want)
			}
		})
	}
}

func ids(p HistoryPage) []int64 {
	var out []int64
	for _, e := range p.Experiments {
		out = append(out, e.ID)
	}
	return out
}

// Each experiment is on exactly one page, even if others are added between two pages.
func TestHistoryPages(t *testing.T) {
	for _, order := range []string{Newest, Oldest} {
		t.Run(order, func(t *testing.T) {
			s, ctx := open(t), t.Context()
			var all []int64
			for range 7 {
				all = append(all, add(t, s, launch("c")))
			}
			must(t, s.SetPinned(ctx, all[2], true))
			want := []int64{3, 7, 6, 5, 4, 2, 1}
			if order == Oldest {
				want = all
			}
			var got []int64
			for f := (Filter{Sort: order, Limit: 3}); ; {
				page, err := s.History(ctx, f)
				must(t, err)
				got = append(got, ids(page)...)
				if page.Next == "" {
					break
				}
				f.Cursor = page.Next
				if order == Newest {
					add(t, s, launch("added meanwhile"))
				}
			}
			if !slices.Equal(got, want) {
				t.Errorf("pages have %v, want %v", got, want)
			}
		})
	}
}

func TestHistoryRejectsInvalidCursors(t *testing.T) {
	s := open(t)
	for _, cursor := range []string{"x", "MQ", "MS4", "!", fmt.Sprint(1 << 60)} {
		if _, err := s.History(t.Context(), Filter{Cursor: cursor, Limit: 1}); !errors.Is(err, ErrInvalid) {
			t.Errorf("cursor %q: %v, want ErrInvalid", cursor, err)
		}
	}
}

func TestShareExpiryAndRevocation(t *testing.T) {
	s, ctx := open(t), t.Context()
	id := begin(t, s)
	report := json.RawMessage(`{"title":"frozen","p":null}`)
	share, token, err := s.AddShare(ctx, id, report, true, now, now.Add(time.Hour))
	must(t, err)
	if len(token) < 27 { // 160 bits
		t.Errorf("token %q is short", token)
	}
	got, err := s.Shared(ctx, token, now.Add(time.Hour-time.Millisecond))
	if err != nil || string(got.Report) != string(report) || !got.Profiles || got.Experiment != id {
		t.Errorf("shared = %+v, %v", got, err)
	}
	for name, try := range map[string]struct {
		token string
		at    time.Time
	}{
		"unknown": {token[1:] + "x", now},
		"empty":   {"", now},
		"expired": {token, now.Add(time.Hour)},
	} {
		if _, err := s.Shared(ctx, try.token, try.at); !errors.Is(err, ErrNotFound) {
			t.Errorf("%s: %v, want ErrNotFound", name, err)
		}
	}
	if experiment, err := s.Revoke(ctx, share.ID, now); err != nil || experiment != id {
		t.Errorf("revoke = %d, %v", experiment, err)
	}
	if _, err := s.Shared(ctx, token, now); !errors.Is(err, ErrNotFound) {
		t.Errorf("revoked: %v, want ErrNotFound", err)
	}
	must(t, second(s.Revoke(ctx, share.ID, now.Add(time.Hour)))) // again: no error, and no change
	shares, err := s.Shares(ctx, id)
	if err != nil || len(shares) != 1 || !shares[0].Revoked.Equal(now) || shares[0].Hint != token[:hintLength] {
		t.Errorf("shares = %+v, %v", shares, err)
	}
	if _, err := s.Revoke(ctx, 99, now); !errors.Is(err, ErrNotFound) {
		t.Errorf("revoking an unknown share: %v", err)
	}
	if _, _, err := s.AddShare(ctx, 99, json.RawMessage(`{}`), false, now, now); !errors.Is(err, ErrNotFound) {
		t.Errorf("sharing an unknown experiment: %v", err)
	}
	var kept int
	must(t, s.reader.QueryRowContext(ctx, "SELECT count(*) FROM shares WHERE token_sha256 = ?", token).Scan(&kept))
	if kept != 0 {
		t.Error("the token itself is stored")
	}
}

func second[T any](_ T, err error) error { return err }
