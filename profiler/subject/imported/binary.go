package imported

import (
	"context"
	"errors"
	"slices"

	"heaplab/profiler"
	"heaplab/profiler/heap"
)

// nameAddresses returns uploads of copies of profiles in which the program of their side has named the addresses. It
// returns the uploads themselves if that program was not uploaded or is not needed. If the program has a fault, the
// error is a profiler.Faults.
func (s *Subject) nameAddresses(ctx context.Context, side string, uploads []Upload, program Upload) ([]Upload, error) {
	if program.Path == "" {
		return uploads, nil
	}
	named := slices.Clone(uploads)
	for i := range named {
		to := named[i].Path + "-named"
		symbols, err := s.Executor.Symbolize(ctx, named[i].Path, program.Path, to)
		if err != nil {
			return nil, binaryFault(side, program, err)
		}
		if symbols.Named > 0 {
			named[i].Path = to
		}
	}
	return named, nil
}

// binaryFault turns an error about a program into a profiler.Faults. It returns other errors as they are.
func binaryFault(side string, program Upload, err error) error {
	var fault heap.Fault
	var failed *profiler.RunError
	switch {
	case errors.As(err, &failed):
		fault = limitText(failed) + ". Without debugging information (strip -g) it is smaller"
	case !errors.As(err, &fault):
		return err
	}
	return profiler.Faults{{Field: profiler.ImportBinary(side), Message: program.Quoted() + " " + shorten(string(fault), maxFault)}}
}
