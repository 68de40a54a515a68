package heap

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"
)

// stored is a Digest as it is kept, in the database: columns of numbers, which compress well
// and decode fast.
type stored struct {
	Types   []Type   `json:"types"`
	Samples int      `json:"samples"`
	Period  int64    `json:"period"`
	Totals  Values   `json:"totals"`
	Names   []string `json:"names"` // of the functions
	Files   []string `json:"files"` // of the lines

	Functions table `json:"functions"` // flat and cumulative values
	Nodes     table `json:"nodes"`     // parent, function, values
	Lines     table `json:"lines"`     // function, file, line, flat and cumulative values
}

// A table holds the numbers of rows, one row after the other.
type table []int64

func (t *table) values(all ...Values) {
	for _, v := range all {
		*t = append(*t, v.AllocObjects, v.AllocSpace, v.InuseObjects, v.InuseSpace)
	}
}

// Encode writes the digest in a form that Decode reads.
func (d *Digest) Encode() ([]byte, error) {
	s := stored{Types: d.Types, Samples: d.Samples, Period: d.Period, Totals: d.Totals}
	for _, f := range d.Functions {
		s.Names = append(s.Names, f.Name)
		s.Functions.values(f.Flat, f.Cum)
	}
	for _, n := range d.Nodes {
		s.Nodes = append(s.Nodes, int64(n.Parent), int64(n.Function))
		s.Nodes.values(n.Values)
	}
	files := map[string]int{}
	for _, l := range d.Lines {
		if _, ok := files[l.File]; !ok {
			files[l.File] = len(s.Files)
			s.Files = append(s.Files, l.File)
		}
		s.Lines = append(s.Lines, int64(l.Function), int64(files[l.File]), int64(l.Line))
		s.Lines.values(l.Flat, l.Cum)
	}
	var out bytes.Buffer
	zip := gzip.NewWriter(&out)
	if err := errors.Join(json.NewEncoder(zip).Encode(s), zip.Close()); err != nil {
		return nil, fmt.Errorf("digest of a profile: %w", err)
	}
	return out.Bytes(), nil
}

// Decode reads what Encode wrote.
func Decode(b []byte) (*Digest, error) {
	zip, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil, fmt.Errorf("digest of a profile: %w", err)
	}
	text, err := io.ReadAll(zip) // to its end, where the checksum stands
	if err != nil {
		return nil, fmt.Errorf("digest of a profile: %w", err)
	}
	var s stored
	if err := json.Unmarshal(text, &s); err != nil {
		return nil, fmt.Errorf("digest of a profile: %w", err)
	}
	d := &Digest{Types: s.Types, Samples: s.Samples, Period: s.Period, Totals: s.Totals}
	d.Functions = make([]Function, len(s.Names))
	for i, name := range s.Names {
		row := s.Functions.take(8)
		d.Functions[i] = Function{Name: name, Flat: valuesOf(row), Cum: valuesOf(row[4:])}
	}
	d.Nodes = make([]Node, len(s.Nodes)/6)
	for i := range d.Nodes {
		row := s.Nodes.take(6)
		d.Nodes[i] = Node{Parent: int(row[0]), Function: int(row[1]), Values: valuesOf(row[2:])}
	}
	d.Lines = make([]Line, len(s.Lines)/11)
	for i := range d.Lines {
		row := s.Lines.take(11)
		d.Lines[i] = Line{Function: int(row[0]), File: s.Files[row[1]], Line: int(row[2]), Flat: valuesOf(row[3:]), Cum: valuesOf(row[7:])}
	}
	return d, nil
}

// take removes the first n numbers.
func (t *table) take(n int) []int64 {
	row := (*t)[:n]
	*t = (*t)[n:]
	return row
}

func valuesOf(row []int64) Values { return Values{row[0], row[1], row[2], row[3]} }
