package cases

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"heaplab/profiler"
	"heaplab/profiler/model"
	"heaplab/profiler/model/dataset"
	"heaplab/profiler/subject/builtin"
)

// Choices of the param data. Files of texts are chosen by their names.
const (
	generated = "generated"
	cifar10   = "cifar10"
)

// cifarFolder is the folder in which CIFAR-10's binary version comes.
const cifarFolder = "cifar-10-batches-bin"

// imageData and textData are the param that chooses what to train on; With adds choices.
var (
	imageData = builtin.Param{Name: "data", Type: builtin.Choice, Default: generated, Choices: []string{generated}, Help: "images to train on: generated ones, or CIFAR-10 where the server has it"}
	textData  = builtin.Param{Name: "data", Type: builtin.Choice, Default: generated, Choices: []string{generated}, Help: "texts to train on: generated ones, or a file that the server has"}
)

// With returns the cases with what the folders hold as choices of their params. As data: CIFAR-10's
// binary version, in the folder or in cifar-10-batches-bin below it, and files that end in .tsv or
// .txt and begin with a line "label, tab, text". As model: safetensors files of a GPT-2. As file: any
// model.
func With(folders builtin.Folders) ([]builtin.Case, error) {
	models, files, err := libraryWith(folders.Models)
	if err != nil {
		return nil, err
	}
	out, dir := inOrder(models, files), folders.Dataset
	if dir == "" {
		return out, nil
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("--dataset: %w", err)
	}
	images, texts := []string{generated}, []string{generated}
	if cifarDir(dir) != "" {
		images = append(images, cifar10)
	}
	for _, e := range entries {
		if ext := filepath.Ext(e.Name()); e.Type().IsRegular() && (ext == ".tsv" || ext == ".txt") && dataset.HasTexts(filepath.Join(dir, e.Name())) {
			texts = append(texts, e.Name())
		}
	}
	if len(images)+len(texts) == 2 {
		return nil, fmt.Errorf("--dataset %s: the folder holds neither CIFAR-10's binary version (data_batch_1.bin …) nor texts (.tsv or .txt, lines of a label, a tab and a text)", dir)
	}
	for i := range out {
		out[i].Params = slices.Clone(out[i].Params)
		for j, param := range out[i].Params {
			switch {
			case param.Name != imageData.Name:
			case param.Help == imageData.Help:
				out[i].Params[j].Choices = images
			case param.Help == textData.Help:
				out[i].Params[j].Choices = texts
			}
		}
	}
	return out, nil
}

// cifarDir is where CIFAR-10's files are, or "".
func cifarDir(dir string) string {
	for _, d := range []string{dir, filepath.Join(dir, cifarFolder)} {
		if _, err := os.Stat(filepath.Join(d, "data_batch_1.bin")); err == nil {
			return d
		}
	}
	return ""
}

// checkImages refuses batches that the examples cannot fill, and a model that does not fit them.
func checkImages(p profiler.Params) profiler.Faults {
	return append(checkBatch(p), checkImageData(p)...)
}

// checkImageData refuses a model that does not fit the images.
func checkImageData(p profiler.Params) profiler.Faults {
	if p.Text("data") == cifar10 && p.Int("image") != dataset.CIFAR10Side {
		return profiler.Faults{{Field: "image", Message: fmt.Sprintf("must be %d: that is how large the images of CIFAR-10 are", dataset.CIFAR10Side)}}
	}
	return nil
}

// imagesFrom returns the first n images of the data that in asks for, and as many others to
// test on as are asked for.
func imagesFrom(in builtin.Input, m model.ImageClassifier, n, tests int) (examples, others imageSet, err error) {
	all := imageSet{pixels: m.Pixels()}
	if in.Text("data") == generated {
		m.Classes = imageKinds
		all.x, all.labels = model.NoisyImages[float32](m, imageNoise(in.Params), n+tests, uint64(in.Int("seed")))
		return all.part(0, n), all.part(n, n+tests), nil
	}
	dir := cifarDir(in.Dataset)
	if dir == "" {
		return all, all, fmt.Errorf("CIFAR-10 is not in %s any more", in.Dataset)
	}
	if all.x, all.labels, err = dataset.CIFAR10Train[float32](dir, n); err != nil {
		return all, all, err
	}
	others = imageSet{pixels: m.Pixels()}
	if others.x, others.labels, err = dataset.CIFAR10Test[float32](dir, tests); err != nil {
		return all, all, err
	}
	if all.len() < n || others.len() < tests {
		return all, all, fmt.Errorf("CIFAR-10 in %s has %d images to train on and %d to test on; %d and %d are asked for", dir, all.len(), others.len(), n, tests)
	}
	return all, others, nil
}

// imageNoise is the share of noise in generated images, of cases that have no param for it the
// usual one.
func imageNoise(p profiler.Params) float64 {
	if noise, ok := p["noise"].(float64); ok {
		return noise
	}
	return model.ImageNoise
}

// textsFrom returns n texts of the data that in asks for, and others to test on. Files often have
// one label first and then the other: their texts are shuffled, by the seed.
func textsFrom(in builtin.Input, m model.TextClassifier, n, tests int) (examples, others textSet, err error) {
	all := textSet{steps: m.Steps}
	if name := in.Text("data"); name == generated {
		all.ids, all.labels = model.Texts(m, n+tests, uint64(in.Int("seed")))
	} else {
		read, err := dataset.ReadTexts(filepath.Join(in.Dataset, name), m.Vocab, m.Steps)
		if err != nil {
			return all, all, err
		}
		all.ids, all.labels = read.IDs, read.Labels
		if all.len() < n+tests {
			return all, all, fmt.Errorf("%s has %d texts; %d to train on and %d to test on are asked for", name, all.len(), n, tests)
		}
		all.shuffle(uint64(in.Int("seed")))
		if i := slices.IndexFunc(all.labels[:n], func(label int32) bool { return label != all.labels[0] }); i < 0 {
			return all, all, fmt.Errorf("all %d texts of %s to train on have the label %d: there is nothing to learn", n, name, all.labels[0])
		}
	}
	return all.part(0, n), all.part(n, n+tests), nil
}

// dataVersion tells files of the same name apart by their sizes and times. Generated data is
// what the params say.
func dataVersion(in builtin.Input) string {
	var paths []string
	switch name := in.Text("data"); name {
	case generated:
		return ""
	case cifar10:
		paths, _ = filepath.Glob(filepath.Join(cifarDir(in.Dataset), "*.bin")) // fails on a wrong pattern alone
	default:
		paths = []string{filepath.Join(in.Dataset, name)}
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

// modelVersion does the same for a file of the models.
func modelVersion(in builtin.Input, name string) string {
	info, err := os.Stat(filepath.Join(in.Models, name))
	if err != nil { // it is generated, or gone
		return ""
	}
	return fmt.Sprintln(info.Size(), info.ModTime().UnixNano())
}
