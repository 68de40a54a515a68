package handlers

import (
	"errors"
	"fmt"
	"io"
	"math"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"sync/atomic"

	"heaplab/profiler"
	"heaplab/profiler/subject/imported"
	"heaplab/profiler/words"
	"heaplab/store/queue"
)

// Limits of an upload.
const (
	maxParts     = 4*profiler.MaxImportedFiles + 16 // more files than are accepted, to report how many there are
	maxBetween   = 16 << 10                         // bytes before, between and after the contents of parts; mime/multipart allows 10 MiB
	maxTextField = 16 << 10                         // bytes
)

// MaxUploadTotal limits all files of an import together, in bytes. The server holds them in memory when it
// stores them. It is twice the largest limit of a file.
const MaxUploadTotal = imported.MaxTotal

// An upload is a received form of an import.
type upload struct {
	dir     string // folder of its files
	maxFile int64  // bytes
	seen    map[string]bool
	values  map[string]string
	files   map[string][]imported.Upload
	sent    map[string]int // files of each side, also those with faults
	size    int64          // of all these files, in bytes
	disk    *atomic.Int64  // bytes of all uploads
	written int64          // bytes of this one in disk

	binaries  map[string]imported.Upload // by side
	maxBinary int64                      // bytes

	faults profiler.Faults
}

// form returns the import.
func (u *upload) form() imported.Import {
	return imported.Import{
		Title:    u.values["title"],
		Note:     u.values["note"],
		Tags:     splitTags(u.values["tags"]),
		Baseline: u.files[profiler.ImportBaseline],
		Variant:  u.files[profiler.ImportVariant],
		Counts: imported.Counts{
			Baseline: u.values[imported.FieldBaselineCount], Variant: u.values[imported.FieldVariantCount], Unit: u.values[imported.FieldCountUnit],
		},
		Binaries: u.binaries,
	}
}

// uploadBody returns the body of a request, limited to the size that is read.
func uploadBody(w http.ResponseWriter, r *http.Request, maxBinary int64) io.Reader {
	return http.MaxBytesReader(w, r.Body, MaxUploadTotal+2*maxBinary+maxBody)
}

// receive reads the multipart body of a request. It writes the files into the folder dir, and adds
// the faults of fields to the upload. Disk counts the bytes of all uploads: release takes back those of this one,
// also after an error.
func receive(w http.ResponseWriter, r *http.Request, dir string, disk *atomic.Int64, maxFile, maxBinary int64) (*upload, error) {
	u := &upload{
		dir: dir, disk: disk, maxFile: maxFile, maxBinary: maxBinary, binaries: map[string]imported.Upload{},
		seen: map[string]bool{}, values: map[string]string{}, files: map[string][]imported.Upload{}, sent: map[string]int{},
	}
	body := &allowance{Reader: uploadBody(w, r, maxBinary)}
	r.Body = io.NopCloser(body)
	parts, err := r.MultipartReader()
	if err != nil {
		return u, errUpload
	}
	for n := 0; ; n++ {
		body.left = maxBetween
		part, err := parts.NextPart()
		if err == io.EOF {
			break
		}
		if err != nil {
			return u, unreadable(err)
		}
		if n == maxParts {
			return u, badRequest(fmt.Sprintf("The upload has more than %d parts.", maxParts))
		}
		body.left = math.MaxInt64
		if err := u.take(part); err != nil {
			return u, err
		}
	}
	// Read the body to its end: only then does net/http notice that the sender is gone.
	if _, err := io.Copy(io.Discard, body); err != nil {
		return u, unreadable(err)
	}
	for _, name := range []string{profiler.ImportBaseline, profiler.ImportVariant} {
		switch n := u.sent[name]; {
		case n > profiler.MaxImportedFiles:
			u.fault(name, fmt.Sprintf("has %d files: choose at most %d", n, profiler.MaxImportedFiles))
		case n == 0 && (name == profiler.ImportBaseline || !u.isBenchmarks()):
			u.fault(name, "is missing: choose a heap profile or benchmark text")
		}
	}
	return u, nil
}

// isBenchmarks reports whether the only file before the change is benchmark text: it can hold several sides.
func (u *upload) isBenchmarks() bool {
	files := u.files[profiler.ImportBaseline]
	return len(files) == 1 && len(u.faults) == 0 && files[0].IsBenchmarks()
}

// maxOnDisk limits the bytes of all uploads that are on disk at the same time.
const maxOnDisk = 4 << 30

// write writes a piece of a file. It returns queue.ErrFull if all uploads together have too much.
func (u *upload) write(file io.Writer, piece []byte) error {
	u.written += int64(len(piece))
	if u.disk.Add(int64(len(piece))) > maxOnDisk {
		return queue.ErrFull
	}
	if _, err := file.Write(piece); err != nil {
		return fmt.Errorf("store the upload: %w", err)
	}
	return nil
}

// release takes back the bytes of an upload, whose files are removed.
func (u *upload) release() { u.disk.Add(-u.written) }

func (u *upload) fault(field, message string) {
	u.faults = append(u.faults, profiler.Fault{Field: field, Message: message})
}

// take reads a part of the form.
func (u *upload) take(part *multipart.Part) error {
	name := part.FormName()
	repeated := u.seen[name]
	u.seen[name] = true
	switch name {
	case profiler.ImportBaseline, profiler.ImportVariant:
		return u.takeFile(name, part)
	case profiler.ImportBinary(profiler.ImportBaseline), profiler.ImportBinary(profiler.ImportVariant):
		if !repeated {
			return u.takeBinary(binarySide(name), part)
		}
		u.fault(name, "is in the upload twice")
	case "title", "note", "tags", imported.FieldBaselineCount, imported.FieldVariantCount, imported.FieldCountUnit:
		if !repeated {
			return u.takeText(name, part)
		}
		u.fault(name, "is in the upload twice")
	default:
		name = name[:min(len(name), 80)]
		u.fault(name, fmt.Sprintf("%q is not a field of an import: use baseline, variant, baseline_binary, variant_binary, title, note, tags, baseline_count, variant_count and count_unit", name))
	}
	return pieces(part, func([]byte) error { return nil })
}

// takeFile reads a file. Of a side with too many files it counts the rest, and does not store it.
func (u *upload) takeFile(name string, part *multipart.Part) (err error) {
	path := filepath.Join(u.dir, fmt.Sprintf("%s-%d", name, u.sent[name]))
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("store the upload: %w", err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	most := u.maxFile
	if u.sent[name] >= profiler.MaxImportedFiles {
		most = 0
	}
	var size int64
	err = pieces(part, func(piece []byte) error {
		u.size += int64(len(piece))
		if size += int64(len(piece)); size > most || u.size > MaxUploadTotal {
			return nil
		}
		return u.write(file, piece)
	})
	of := imported.Upload{Name: part.FileName(), Path: path}
	switch {
	case err != nil:
		return err
	case size == 0 && of.Name == "": // the field is empty
		return os.Remove(path)
	case size > u.maxFile:
		u.fault(name, of.Quoted()+" is larger than "+words.Bytes(float64(u.maxFile))+", the limit of this server")
	case u.size > MaxUploadTotal && u.size-size <= MaxUploadTotal:
		u.fault(name, "the files of both sides have more than "+words.Bytes(MaxUploadTotal)+" in all, the limit of an import")
	}
	u.sent[name]++
	u.files[name] = append(u.files[name], of)
	return nil
}

// takeText reads a text. It cuts off text that exceeds the limits of all fields.
func (u *upload) takeText(name string, part *multipart.Part) error {
	var text []byte
	err := pieces(part, func(piece []byte) error {
		text = append(text, piece[:min(len(piece), maxTextField-len(text))]...)
		return nil
	})
	u.values[name] = string(text)
	return err
}

// pieces passes the content of a part to do, in pieces.
func pieces(part io.Reader, do func([]byte) error) error {
	buffer := make([]byte, 32<<10)
	for {
		n, err := part.Read(buffer)
		if failed := do(buffer[:n]); failed != nil {
			return failed
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return unreadable(err)
		}
	}
}

// An allowance is a reader that fails after left bytes.
type allowance struct {
	io.Reader
	left int64
}

var errBetween = errors.New("too many bytes between parts")

func (a *allowance) Read(p []byte) (int, error) {
	if a.left <= 0 {
		return 0, errBetween
	}
	n, err := a.Reader.Read(p[:min(int64(len(p)), a.left)])
	a.left -= int64(n)
	return n, err
}

// unreadable returns the error of an upload that cannot be read to its end.
func unreadable(err error) error {
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return tooLarge(fmt.Sprintf("The upload is larger than %s. Nothing was stored.", words.Bytes(float64(large.Limit-maxBody))))
	case errors.Is(err, errBetween):
		return badRequest(fmt.Sprintf("The upload has more than %s outside of its files and fields.", words.Bytes(maxBetween)))
	case errors.Is(err, os.ErrDeadlineExceeded):
		return badRequest(fmt.Sprintf("The upload took longer than %v.", uploadLimit))
	}
	return badRequest("The upload cannot be read: it ends early, or it is not multipart/form-data.")
}
