package model

import "math"

// A SoftTrainer trains an ImageClassifier, the student, on labels and on a teacher's logits
// for the same images (Hinton, Vinyals and Dean, "Distilling the Knowledge in a Neural Network",
// arXiv:1503.02531). With the student's logits z and the teacher's t, the loss is
//
//	α·T²·KL(softmax(t/T) ‖ softmax(z/T)) + (1 − α)·CE(label, softmax(z))
//
// A temperature T above 1 emphasizes how the teacher ranks the wrong classes. It scales the
// gradients of the first term by 1/T², which the factor T² compensates.
type SoftTrainer[T Float] struct {
	*ImageTrainer[T]
	targets SoftTargets
	teacher []T // logits [batch, classes] for the current batch
}

// SoftTargets sets the weight of the teacher's outputs.
type SoftTargets struct {
	Temperature float64 // above 0
	Alpha       float64 // weight of the soft targets in the loss, from 0 to 1
}

// NewSoftTrainer returns a trainer that updates the student's weights in place. Close stops its
// workers.
func NewSoftTrainer[T Float](m ImageClassifier, weights ImageWeights[T], targets SoftTargets, memory Allocator[T], workers int) *SoftTrainer[T] {
	return &SoftTrainer[T]{ImageTrainer: NewImageTrainer(m, weights, memory, workers), targets: targets}
}

// Step is ImageTrainer.Step with the teacher's logits [len(labels), classes].
func (s *SoftTrainer[T]) Step(x []T, labels []int32, teacher []T, mark func()) (Result, error) {
	s.begin(x, labels, teacher)
	return runStep(s, mark)
}

func (s *SoftTrainer[T]) begin(x []T, labels []int32, teacher []T) {
	s.ImageTrainer.begin(x, labels)
	s.teacher = teacher
}

func (s *SoftTrainer[T]) release() {
	s.ImageTrainer.release()
	s.teacher = nil
}

func (s *SoftTrainer[T]) loss() Result {
	result := s.ImageTrainer.loss()
	soft := softCrossEntropy(s.step.dlogits, s.step.logits, s.teacher, s.model.Classes, s.targets)
	result.Loss = s.targets.Alpha*soft/float64(s.step.batch) + (1-s.targets.Alpha)*result.Loss
	return result
}

// softCrossEntropy returns T²·KL summed over the batch. It blends the gradient, T·(p − q)
// for the softened probabilities p of the student and q of the teacher, into dlogits, which
// holds the gradient of the labels' loss.
//
//	dlogits, logits, teacher [batch, classes]
func softCrossEntropy[T Float](dlogits, logits, teacher []T, classes int, targets SoftTargets) (loss float64) {
	temperature, alpha := targets.Temperature, targets.Alpha
	batch := float64(len(logits) / classes)
	for at := 0; at < len(logits); at += classes {
		z, t, d := logits[at:at+classes], teacher[at:at+classes], dlogits[at:at+classes]
		sumZ, sumT := logSum(z, temperature), logSum(t, temperature)
		for i := range d {
			logP, logQ := float64(z[i])/temperature-sumZ, float64(t[i])/temperature-sumT
			p, q := math.Exp(logP), math.Exp(logQ)
			loss += temperature * temperature * q * (logQ - logP)
			d[i] = T(alpha*temperature*(p-q)/batch + (1-alpha)*float64(d[i]))
		}
	}
	return loss
}

// logSum returns log Σ exp(z/T). It subtracts the largest logit first, so that no exponential
// overflows.
func logSum[T Float](z []T, temperature float64) float64 {
	greatest := float64(z[argmaxOf(z)]) / temperature
	var sum float64
	for _, v := range z {
		sum += math.Exp(float64(v)/temperature - greatest)
	}
	return greatest + math.Log(sum)
}
