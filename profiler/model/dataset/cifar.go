// Package dataset reads published data sets from local files into the form that the models
// use. If a file is invalid, functions return an error that names the file and the position, and
// no data.
package dataset

import (
	"bufio"
	"embed"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"heaplab/profiler/model"
)

// Sources contains this package's source files.
//
//go:embed *.go
var Sources embed.FS

// Shape of CIFAR-10's images, which are square, and the number of classes.
const (
	CIFAR10Side     = 32
	CIFAR10Channels = 3
	CIFAR10Classes  = 10
)

// A record of CIFAR-10's binary version is one byte for the label, then the image's bytes,
// channel by channel (https://www.cs.toronto.edu/~kriz/cifar.html).
const (
	cifarPlane  = CIFAR10Side * CIFAR10Side
	cifarPixels = cifarPlane * CIFAR10Channels
	cifarRecord = 1 + cifarPixels
)

// CIFAR10Train reads at most the given number of training images of CIFAR-10's binary version
// from data_batch_1.bin to data_batch_5.bin in dir, in the files' order. It returns what
// CIFAR10 returns.
func CIFAR10Train[T model.Float](dir string, most int) (x []T, labels []int32, err error) {
	var paths []string
	for i := range 5 {
		paths = append(paths, filepath.Join(dir, fmt.Sprintf("data_batch_%d.bin", i+1)))
	}
	return CIFAR10[T](most, paths...)
}

// CIFAR10Test reads at most the given number of test images from test_batch.bin in dir.
func CIFAR10Test[T model.Float](dir string, most int) (x []T, labels []int32, err error) {
	return CIFAR10[T](most, filepath.Join(dir, "test_batch.bin"))
}

// CIFAR10 reads at most the given number of images from files of CIFAR-10's binary version.
// It does not open files that it does not need. It returns images [examples, 32, 32, 3]
// with values from 0 to 1, and labels [examples] from 0 to 9.
func CIFAR10[T model.Float](most int, paths ...string) (x []T, labels []int32, err error) {
	var counts []int
	examples := 0
	for _, path := range paths {
		if examples >= most {
			break
		}
		records, err := cifarRecords(path)
		if err != nil {
			return nil, nil, fmt.Errorf("CIFAR-10: %w", err)
		}
		records = min(records, most-examples)
		counts = append(counts, records)
		examples += records
	}

	x, labels = make([]T, examples*cifarPixels), make([]int32, examples)
	at := 0
	for i, n := range counts {
		if err := readCIFAR(x[at*cifarPixels:(at+n)*cifarPixels], labels[at:at+n], paths[i]); err != nil {
			return nil, nil, fmt.Errorf("CIFAR-10: %w", err)
		}
		at += n
	}
	return x, labels, nil
}

// cifarRecords returns the number of records of a file, computed from its size.
func cifarRecords(path string) (int, error) {
	size, err := sizeOf(path)
	if err != nil {
		return 0, err
	}
	if size%cifarRecord != 0 {
		return 0, fmt.Errorf("%s: record %d has only %d of %d bytes; is this the binary version of CIFAR-10?",
			path, size/cifarRecord+1, size%cifarRecord, cifarRecord)
	}
	return int(size / cifarRecord), nil
}

// sizeOf returns the size of a file. It returns an error if the file is empty or is not a
// regular file.
func sizeOf(path string) (int64, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return 0, err
	case !info.Mode().IsRegular():
		return 0, fmt.Errorf("%s is not a regular file", path)
	case info.Size() == 0:
		return 0, fmt.Errorf("%s is empty", path)
	}
	return info.Size(), nil
}

// readCIFAR reads the first len(labels) records of a file.
func readCIFAR[T model.Float](x []T, labels []int32, path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	in := bufio.NewReaderSize(file, 64*cifarRecord)
	var record [cifarRecord]byte
	for n := range labels {
		if _, err := io.ReadFull(in, record[:]); err != nil {
			return fmt.Errorf("%s: record %d: %w", path, n+1, err)
		}
		label := record[0]
		if label >= CIFAR10Classes {
			return fmt.Errorf("%s: record %d: label %d is not between 0 and 9", path, n+1, label)
		}
		labels[n] = int32(label)
		image := x[n*cifarPixels:][:cifarPixels]
		for i, v := range record[1:] {
			image[i%cifarPlane*CIFAR10Channels+i/cifarPlane] = T(v) / 255
		}
	}
	return nil
}
