package weights

import (
	"fmt"
	"regexp"
	"slices"
)

// A Prediction says how techniques would change a model's size. It is computed from the header of
// the model file, without running anything.
type Prediction struct {
	Path       string    `json:"path"`
	Format     string    `json:"format"`
	Size       int64     `json:"size"`       // bytes of the file
	Parameters int64     `json:"parameters"` // weights, without masks and indices
	Bytes      int64     `json:"bytes"`      // of the weights in the file
	Types      []TypeSum `json:"types"`
	Layers     []Group   `json:"layers"`
	Kinds      []Group   `json:"kinds"`
	Savings    []Saving  `json:"savings"`
	Notes      []string  `json:"notes,omitempty"` // what the numbers do not include
}

// A TypeSum counts the tensors of a type.
type TypeSum struct {
	Type    Type  `json:"type"`
	Tensors int   `json:"tensors"`
	Bytes   int64 `json:"bytes"`
}

// A Group is a part of a model: a block, or a kind of tensors.
type Group struct {
	Name       string `json:"name"`
	Tensors    int    `json:"tensors"`
	Parameters int64  `json:"parameters"`
	Bytes      int64  `json:"bytes"` // in the file
}

// A Saving says how a technique would change the size of a model.
type Saving struct {
	Name       string   `json:"name"`
	Title      string   `json:"title"`
	Case       string   `json:"case"`                  // that measures it, "" if none does
	MatrixCase string   `json:"matrix_case,omitempty"` // that measures it on the matrices of a file that Case cannot run
	Before     int64    `json:"before"`
	After      int64    `json:"after"`
	Formula    string   `json:"formula,omitempty"`
	Assumption string   `json:"assumption,omitempty"`
	Unknown    string   `json:"unknown,omitempty"` // why the size is unknown; then Before and After are 0
	Layers     []Change `json:"layers,omitempty"`  // in the order of Prediction.Layers; empty if it does not change weights
	Kinds      []Change `json:"kinds,omitempty"`   // in the order of Prediction.Kinds; likewise
}

// A Change says how a technique would change the size of a Group.
type Change struct {
	Name   string `json:"name"`
	Before int64  `json:"before"`
	After  int64  `json:"after"`
}

// Known reports whether the size after is known.
func (s Saving) Known() bool { return s.Unknown == "" && s.After > 0 }

// Ratio returns Before divided by After: below 1 if the technique takes more memory. s must be
// Known.
func (s Saving) Ratio() float64 { return float64(s.Before) / float64(s.After) }

// Bigger reports whether the technique would take more memory.
func (s Saving) Bigger() bool { return s.Known() && s.After > s.Before }

// shard matches the end of the name of a file that holds only part of a model.
var shard = regexp.MustCompile(`-(\d{5})-of-(\d{5})\.[a-z]+$`)

// Predict predicts how techniques would change the size of a file's model.
func Predict(f *File) Prediction {
	weights, buffers := weightsOf(f)
	p := Prediction{Path: f.Path, Format: f.Format, Size: f.Size}
	layers, kinds := newGrouping(maxGroups), newGrouping(maxGroups)
	for i := range weights {
		w := &weights[i]
		p.Parameters += w.n
		p.Bytes += w.Bytes
		p.addType(w.Tensor)
		layers.add(w, w.layer)
		kinds.add(w, w.kind)
	}
	layers.sort(byBlock)
	kinds.sort(bySize)
	p.Layers, p.Kinds = layers.groups, kinds.groups
	for _, rule := range rules {
		s := Saving{Name: rule.name, Title: rule.title, Case: rule.theCase, MatrixCase: rule.matrixCase, Assumption: rule.assumption}
		s.Layers, s.Kinds = layers.changes(), kinds.changes()
		var sum terms
		for i := range weights {
			w := &weights[i]
			before, after := w.Bytes, rule.after(w, &sum)
			if rule.before != nil {
				before = rule.before(w)
			}
			s.Before += before
			s.After += after
			for _, c := range []*Change{&s.Layers[layers.index[i]], &s.Kinds[kinds.index[i]]} {
				c.Before += before
				c.After += after
			}
		}
		s.Formula = rule.formula(sum)
		if len(weights) == 0 {
			s.Unknown = "the file has no tensors of a type that holds weights"
		}
		p.Savings = append(p.Savings, s)
	}
	p.Savings = append(p.Savings, runtimeSavings(f)...)
	p.note(f, buffers)
	return p
}

func (p *Prediction) addType(t *Tensor) {
	i := slices.IndexFunc(p.Types, func(s TypeSum) bool { return s.Type == t.Type })
	if i < 0 {
		i = len(p.Types)
		p.Types = append(p.Types, TypeSum{Type: t.Type})
	}
	p.Types[i].Tensors++
	p.Types[i].Bytes += t.Bytes
}

// note adds notes about what the numbers do not include.
func (p *Prediction) note(f *File, buffers []*Tensor) {
	var masks, others int
	var maskBytes, otherBytes int64
	for _, t := range buffers {
		if isMask(t) {
			masks++
			maskBytes += t.Bytes
		} else {
			others++
			otherBytes += t.Bytes
		}
	}
	if masks > 0 {
		p.Notes = append(p.Notes, fmt.Sprintf("%s of causal masks, %s, are left out: programs compute them.", plural(masks, "tensor"), bytesText(maskBytes)))
	}
	if others > 0 {
		p.Notes = append(p.Notes, fmt.Sprintf("%s of integers or unknown types, %s, are left out: they are indices, masks, or weights packed in a way that the file does not describe.", plural(others, "tensor"), bytesText(otherBytes)))
	}
	if part := shard.FindStringSubmatch(f.Path); part != nil {
		p.Notes = append(p.Notes, fmt.Sprintf("This is file %s of %s of its model; the other files are not counted.", trimZeros(part[1]), trimZeros(part[2])))
	}
}
