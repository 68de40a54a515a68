package imported

import (
	"context"
	"errors"
	"strings"

	"heaplab/profiler"
	"heaplab/profiler/heap"
)

// nameAddresses returns the upload of a copy of a profile in which the program of its side has named the
// addresses, or u itself if that program was not uploaded or is not needed. If the program has a fault, the
// error is a profiler.Faults.
func (s *Subject) nameAddresses(ctx context.Context, side string, u, program Upload) (Upload, error) {
	if program.Path == "" {
		return u, nil
	}
	named := u.Path + "-named"
	symbols, err := s.Executor.Symbolize(ctx, u.Path, program.Path, named)
	var fault heap.Fault
	var failed *profiler.RunError
	switch {
	case errors.As(err, &failed):
		fault = heap.Fault("cannot be read within the limits: " + lowerFirst(strings.TrimSuffix(failed.Reason, ".")) + ". Without debugging information (strip -g) it is smaller")
	case err != nil && !errors.As(err, &fault):
		return u, err
	}
	if fault != "" {
		return u, profiler.Faults{{Field: profiler.ImportBinary(side), Message: program.quoted() + " " + shorten(string(fault), maxFault)}}
	}
	if symbols.Named > 0 {
		u.Path = named
	}
	return u, nil
}
