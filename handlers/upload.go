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

	"heaplab/profiler"
	"heaplab/profiler/subject/imported"
	"heaplab/profiler/words"
)

// Limits of an upload.
const (
	maxParts     = 16
	maxBetween   = 16 << 10 // bytes before, between and after the contents of parts; mime/multipart allows 10 MiB
	maxTextField = 16 << 10 // bytes
	uploadExcess = 4        // in files of the maximum size: a request is read that far, to report all its faults
)

// An upload is a received form of an import.
type upload struct {
	dir     string // folder of its files
	maxFile int64  // bytes
	seen    map[string]bool
	values  map[string]string
	files   map[string]imported.Upload

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
		Binaries: u.binaries,
	}
}

// uploadBody returns the body of a request, limited to the size that is read.
func uploadBody(w http.ResponseWriter, r *http.Request, maxFile, maxBinary int64) io.Reader {
	return http.MaxBytesReader(w, r.Body, uploadExcess*maxFile+2*maxBinary+maxBody)
}

// receive reads the multipart body of a request. It writes the files into the folder dir, and adds
// the faults of fields to the upload.
func receive(w http.ResponseWriter, r *http.Request, dir string, maxFile, maxBinary int64) (*upload, error) {
	u := &upload{dir: dir, maxFile: maxFile, seen: map[string]bool{}, values: map[string]string{}, files: map[string]imported.Upload{}}
	u.binaries, u.maxBinary = map[string]imported.Upload{}, maxBinary
	body := &allowance{Reader: uploadBody(w, r, maxFile, maxBinary)}
	r.Body = io.NopCloser(body)
	parts, err := r.MultipartReader()
	if err != nil {
		return nil, errUpload
	}
	for n := 0; ; n++ {
		body.left = maxBetween
		part, err := parts.NextPart()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, unreadable(err)
		}
		if n == maxParts {
			return nil, badRequest(fmt.Sprintf("The upload has more than %d parts.", maxParts))
		}
		body.left = math.MaxInt64
		if err := u.take(part); err != nil {
			return nil, err
		}
	}
	// Read the body to its end: only then does net/http notice that the sender is gone.
	if _, err := io.Copy(io.Discard, body); err != nil {
		return nil, unreadable(err)
	}
	for _, name := range []string{profiler.ImportBaseline, profiler.ImportVariant} {
		if _, ok := u.files[name]; !ok && u.faults.For(name) == "" {
			u.fault(name, "is missing: choose a heap profile")
		}
	}
	return u, nil
}

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
		if !repeated {
			return u.takeFile(name, part)
		}
		u.fault(name, "is in the upload twice")
	case profiler.ImportBinary(profiler.ImportBaseline), profiler.ImportBinary(profiler.ImportVariant):
		if !repeated {
			return u.takeBinary(binarySide(name), part)
		}
		u.fault(name, "is in the upload twice")
	case "title", "note", "tags":
		if !repeated {
			return u.takeText(name, part)
		}
		u.fault(name, "is in the upload twice")
	default:
		name = name[:min(len(name), 80)]
		u.fault(name, fmt.Sprintf("%q is not a field of an import: use baseline, variant, baseline_binary, variant_binary, title, note and tags", name))
	}
	return pieces(part, func([]byte) error { return nil })
}

func (u *upload) takeFile(name string, part *multipart.Part) (err error) {
	path := filepath.Join(u.dir, name)
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("store the upload: %w", err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	var size int64
	err = pieces(part, func(piece []byte) error {
		if size += int64(len(piece)); size > u.maxFile {
			return nil
		}
		if _, err := file.Write(piece); err != nil {
			return fmt.Errorf("store the upload: %w", err)
		}
		return nil
	})
	switch {
	case err != nil:
		return err
	case size > u.maxFile:
		u.fault(name, fmt.Sprintf("is larger than %s, the limit of this server", words.Bytes(float64(u.maxFile))))
	case size > 0 || part.FileName() != "": // otherwise the field is empty
		u.files[name] = imported.Upload{Name: part.FileName(), Path: path}
	}
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
