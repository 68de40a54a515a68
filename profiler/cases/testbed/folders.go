package testbed

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"heaplab/profiler/model/dataset"
	"heaplab/profiler/subject/builtin"
	"heaplab/profiler/weights"
)

// Choices of the param data. Files of texts are chosen by their names.
const (
	Generated = "generated"
	cifar10   = "cifar10"
)

// ImageData and TextData choose what a model trains on. A data set of the server adds choices.
var (
	ImageData = builtin.NewChoice("data", Generated, []string{Generated}, "images to train on: generated ones, or CIFAR-10 where the server has it")
	TextData  = builtin.NewChoice("data", Generated, []string{Generated}, "texts to train on: generated ones, or a file that the server has")
)

// cifarFolder is the folder in which CIFAR-10's binary version comes.
const cifarFolder = "cifar-10-batches-bin"

// DataIn returns ImageData and TextData with the choices of a folder: CIFAR-10's binary version, in
// the folder or in cifar-10-batches-bin below it, and files that end in .tsv or .txt and begin with
// a line "label, tab, text". A folder "" adds nothing.
func DataIn(dir string) (images, texts builtin.ChoiceParam, err error) {
	if dir == "" {
		return ImageData, TextData, nil
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return images, texts, fmt.Errorf("--dataset: %w", err)
	}
	var imageSets, textFiles []string
	if cifarDir(dir) != "" {
		imageSets = append(imageSets, cifar10)
	}
	for _, e := range entries {
		if ext := filepath.Ext(e.Name()); e.Type().IsRegular() && (ext == ".tsv" || ext == ".txt") && dataset.HasTexts(filepath.Join(dir, e.Name())) {
			textFiles = append(textFiles, e.Name())
		}
	}
	if len(imageSets)+len(textFiles) == 0 {
		return images, texts, fmt.Errorf("--dataset %s: the folder holds neither CIFAR-10's binary version (data_batch_1.bin …) nor texts (.tsv or .txt, lines of a label, a tab and a text)", dir)
	}
	return ImageData.WithChoices(imageSets...), TextData.WithChoices(textFiles...), nil
}

// cifarDir returns the folder with CIFAR-10's files, or "".
func cifarDir(dir string) string {
	for _, d := range []string{dir, filepath.Join(dir, cifarFolder)} {
		if _, err := os.Stat(filepath.Join(d, "data_batch_1.bin")); err == nil {
			return d
		}
	}
	return ""
}

// ImagesVersion distinguishes versions of the images that in asks for, and TextsVersion those of
// the texts. Both return "" for generated data, which the params determine.
func ImagesVersion(in builtin.Input) string { return dataVersion(in.Dataset, ImageData.Of(in.Params)) }

// TextsVersion is ImagesVersion for texts.
func TextsVersion(in builtin.Input) string { return dataVersion(in.Dataset, TextData.Of(in.Params)) }

// dataVersion distinguishes files of the same name by their sizes and times.
func dataVersion(dir, name string) string {
	var paths []string
	switch name {
	case Generated:
		return ""
	case cifar10:
		paths, _ = filepath.Glob(filepath.Join(cifarDir(dir), "*.bin")) // fails only on a bad pattern
	default:
		paths = []string{filepath.Join(dir, name)}
	}
	slices.SortFunc(paths, cmp.Compare)
	var text strings.Builder
	for _, path := range paths {
		if info, err := os.Stat(path); err == nil {
			fmt.Fprintln(&text, path, info.Size(), info.ModTime().UnixNano())
		}
	}
	sum := sha256.Sum256([]byte(text.String()))
	return hex.EncodeToString(sum[:])
}

// A ModelFile is a file of the folder of models.
type ModelFile struct {
	Name   string
	Header *weights.File
}

// ModelFiles returns the files of a folder of models whose headers can be read. A folder "" has
// none.
func ModelFiles(dir string) ([]ModelFile, error) {
	if dir == "" {
		return nil, nil
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("--models: %w", err)
	}
	defer root.Close()
	listed, err := weights.List(root)
	if err != nil {
		return nil, fmt.Errorf("--models: %w", err)
	}
	var files []ModelFile
	for _, info := range listed {
		header, err := weights.ReadIn(root, info.Name())
		if err != nil {
			continue // the page of predictions says why
		}
		files = append(files, ModelFile{info.Name(), header})
	}
	return files, nil
}

// ModelFileVersion distinguishes versions of a file of the folder of models. It returns "" for a
// generated model.
func ModelFileVersion(in builtin.Input, name string) string {
	info, err := os.Stat(filepath.Join(in.Models, name))
	if err != nil { // it is generated, or gone
		return ""
	}
	return fmt.Sprintln(info.Size(), info.ModTime().UnixNano())
}
