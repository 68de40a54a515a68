package heap

import (
	"bytes"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/klauspost/compress/gzip"
)

// stored is the stored form of a Digest, as gzip of gob: columns of numbers compress well and
// decode fast.
type stored struct {
	Types    []Type
	Samples  int
	Period   int64
	Duration time.Duration
	Totals   Values
	Names    []string // of the functions
	Files    []string // of the lines
	Sources  []string // files of the functions, in folders; nil in older digests

	Functions table // flat and cumulative values
	Nodes     table // parent, function, values
	Source    table // of each function: index in Sources
	Lines     table // function, file, line, flat and cumulative values
}

// A table holds rows of numbers, one row after the other.
type table []int64

func (t *table) values(all ...Values) {
	for _, v := range all {
		*t = append(*t, v.AllocObjects, v.AllocSpace, v.InuseObjects, v.InuseSpace)
	}
}

// Encode returns d in the form that Decode reads.
func (d *Digest) Encode() ([]byte, error) {
	s := stored{Types: d.Types, Samples: d.Samples, Period: d.Period, Duration: d.Duration, Totals: d.Totals}
	sources := map[string]int{}
	for _, f := range d.Functions {
		s.Names = append(s.Names, f.Name)
		s.Functions.values(f.Flat, f.Cum)
		if _, ok := sources[f.File]; !ok {
			sources[f.File] = len(s.Sources)
			s.Sources = append(s.Sources, f.File)
		}
		s.Source = append(s.Source, int64(sources[f.File]))
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
	if err := errors.Join(gob.NewEncoder(zip).Encode(s), zip.Close()); err != nil {
		return nil, fmt.Errorf("encode profile digest: %w", err)
	}
	return out.Bytes(), nil
}

// Decode reads what Encode wrote.
func Decode(b []byte) (d *Digest, err error) {
	defer func() {
		if v := recover(); v != nil { // an index or a length is out of range
			d, err = nil, fmt.Errorf("decode profile digest: %v", v)
		}
	}()
	zip, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil, fmt.Errorf("decode profile digest: %w", err)
	}
	content, err := io.ReadAll(zip) // to the end, so that gzip checks its checksum
	if err != nil {
		return nil, fmt.Errorf("decode profile digest: %w", err)
	}
	var s stored
	if err := gob.NewDecoder(bytes.NewReader(content)).Decode(&s); err != nil {
		return nil, fmt.Errorf("decode profile digest: %w", err)
	}
	d = &Digest{Types: s.Types, Samples: s.Samples, Period: s.Period, Duration: s.Duration, Totals: s.Totals}
	d.Functions = make([]Function, len(s.Names))
	for i, name := range s.Names {
		row := s.Functions.take(8)
		d.Functions[i] = Function{Name: name, Flat: valuesOf(row), Cum: valuesOf(row[4:])}
		if len(s.Source) > 0 {
			d.Functions[i].File = s.Sources[s.Source[i]]
		}
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

// take removes and returns the first n numbers.
func (t *table) take(n int) []int64 {
	row := (*t)[:n]
	*t = (*t)[n:]
	return row
}

func valuesOf(row []int64) Values { return Values{row[0], row[1], row[2], row[3]} }
