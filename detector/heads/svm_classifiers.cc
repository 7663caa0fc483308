#include "detector/heads/svm_classifiers.h"

#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <mutex>
#include <string>
#include <utility>

#include "core/error.h"
#include "core/out_of_range.h"
#include "detector/heads/dot.h"

namespace deeper {
namespace {

// A box of the training set: row `row` of picture `image`.
struct RowKey {
  std::size_t image = 0;
  std::size_t row = 0;
};

// The SVM of one class with its cache of negatives, Girshick et al. 2014, section 2.3 ("hard
// negative mining").
class ClassTrainer {
 public:
  ClassTrainer(const std::vector<TrainingImage>& images,
               ClassId class_id,
               const SvmTrainingOptions& options)
      : images_(images), class_id_(class_id), options_(options) {
    for (std::size_t i = 0; i < images.size(); ++i) {
      is_cached_.emplace_back(images[i].regions.boxes.size(), false);
      for (std::size_t row = 0; row < images[i].truth.size(); ++row) {
        const Annotation& annotation = images[i].truth[row];
        if (annotation.class_id == class_id && !annotation.difficult)
          positives_.push_back({i, row});
      }
    }
    positive_alpha_.resize(positives_.size());
  }

  bool HasPositives() const { return !positives_.empty(); }
  const LinearSvm& svm() const { return svm_; }
  bool is_at_limit() const { return is_at_limit_; }

  // Trains on all negatives of the first pictures: of as many pictures as hold retrain_after
  // negatives.
  void TrainOnFirstPictures() {
    for (std::size_t i = 0; i < images_.size() && cache_.size() < options_.retrain_after; ++i) {
      for (std::size_t row = 0; row < images_[i].regions.boxes.size(); ++row) {
        if (IsNegative({i, row})) AddToCache({i, row});
      }
    }
    Retrain();
  }

  // Adds the negatives of picture `i` that are hard for the SVM, and retrains after enough new
  // ones.
  void Mine(std::size_t i) {
    for (std::size_t row = 0; row < images_[i].regions.boxes.size(); ++row) {
      const RowKey key = {i, row};
      if (!is_cached_[i][row] && IsNegative(key) && Margin(key) > options_.hard_margin) {
        AddToCache(key);
      }
    }
    if (new_count_ > options_.retrain_after) Retrain();
  }

  // Solves for the positives and the cache, starting from the last solution's dual variables, and
  // evicts the negatives that have become easy.
  void Retrain() {
    std::vector<std::span<const float>> rows;
    for (const RowKey& key : positives_) rows.push_back(FeatureOf(key));
    for (const RowKey& key : cache_) rows.push_back(FeatureOf(key));
    std::vector<signed char> labels(rows.size(), -1);
    std::fill_n(labels.begin(), positives_.size(), static_cast<signed char>(1));
    std::vector<double> alpha = positive_alpha_;
    alpha.insert(alpha.end(), cache_alpha_.begin(), cache_alpha_.end());

    SvmSolution solution = TrainLinearSvm(rows, labels, options_.svm, alpha);
    svm_ = std::move(solution.svm);
    is_at_limit_ = !solution.converged;
    const auto first_of_cache =
        solution.alpha.begin() + static_cast<std::ptrdiff_t>(positives_.size());
    positive_alpha_.assign(solution.alpha.begin(), first_of_cache);
    cache_alpha_.assign(first_of_cache, solution.alpha.end());
    new_count_ = 0;
    Evict();
  }

 private:
  std::span<const float> FeatureOf(const RowKey& key) const {
    return images_[key.image].regions.Row(key.row);
  }

  double Margin(const RowKey& key) const {
    return Dot(svm_.weight, FeatureOf(key)) + double{svm_.bias};
  }

  // Proposals, and annotations of other classes, that are far from every object of the class, also
  // from difficult ones. Difficult annotations are no negatives.
  bool IsNegative(const RowKey& key) const {
    const TrainingImage& image = images_[key.image];
    if (key.row < image.truth.size()) {
      const Annotation& annotation = image.truth[key.row];
      if (annotation.difficult || annotation.class_id == class_id_) return false;
    }
    const Box& box = image.regions.boxes[key.row];
    return std::none_of(image.truth.begin(), image.truth.end(), [&](const Annotation& annotation) {
      return annotation.class_id == class_id_ &&
             Iou(box, annotation.box) >= options_.negative_max_iou;
    });
  }

  void AddToCache(const RowKey& key) {
    cache_.push_back(key);
    cache_alpha_.push_back(0);
    is_cached_[key.image][key.row] = true;
    ++new_count_;
  }

  void Evict() {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < cache_.size(); ++i) {
      if (Margin(cache_[i]) < options_.evict_margin) {
        is_cached_[cache_[i].image][cache_[i].row] = false;
        continue;
      }
      cache_[kept] = cache_[i];
      cache_alpha_[kept] = cache_alpha_[i];
      ++kept;
    }
    cache_.resize(kept);
    cache_alpha_.resize(kept);
  }

  const std::vector<TrainingImage>& images_;
  ClassId class_id_;
  const SvmTrainingOptions& options_;
  std::vector<RowKey> positives_;
  std::vector<double> positive_alpha_;
  std::vector<RowKey> cache_;  // of negatives, no duplicates
  std::vector<double> cache_alpha_;
  std::vector<std::vector<bool>> is_cached_;  // by picture and row
  std::size_t new_count_ = 0;                 // cached since the last training
  LinearSvm svm_;
  bool is_at_limit_ = false;
};

// A class's classifier.
struct TrainedSvm {
  LinearSvm svm;
  bool is_at_limit = false;  // max_passes ended the last training
};

// Adds up the progress of the workers and passes it on, one call at a time.
class SharedProgress {
 public:
  SharedProgress(const Progress& progress, std::size_t total)
      : progress_(progress), total_(total) {}

  void Add(std::size_t count) {
    const std::lock_guard lock(mutex_);
    done_ += count;
    if (progress_) progress_(done_, total_);
  }

 private:
  const Progress& progress_;
  const std::size_t total_;
  std::size_t done_ = 0;
  std::mutex mutex_;
};

// Pictures that a worker mines between two reports.
constexpr std::size_t kReportEvery = 64;

TrainedSvm TrainClass(const std::vector<TrainingImage>& images,
                      ClassId class_id,
                      const SvmTrainingOptions& options,
                      SharedProgress& progress) {
  const std::size_t pictures = images.size() * static_cast<std::size_t>(options.passes);
  ClassTrainer trainer(images, class_id, options);
  if (!trainer.HasPositives()) {
    progress.Add(pictures);
    return {.svm = {.weight = std::vector<float>(images[0].regions.feature_dim), .bias = -1}};
  }
  trainer.TrainOnFirstPictures();
  for (std::size_t begin = 0; begin < pictures; begin += kReportEvery) {
    const std::size_t end = std::min(begin + kReportEvery, pictures);
    for (std::size_t i = begin; i < end; ++i) trainer.Mine(i % images.size());
    progress.Add(end - begin);
  }
  trainer.Retrain();
  return {.svm = trainer.svm(), .is_at_limit = trainer.is_at_limit()};
}

}  // namespace

void SvmTrainingOptions::Validate() const {
  svm.Validate();
  if (!(negative_max_iou > 0 && negative_max_iou <= 1)) {
    throw OutOfRange("negative_max_iou", negative_max_iou, "above 0, at most 1");
  }
  if (!std::isfinite(hard_margin)) throw Error("hard_margin: expected a finite number");
  if (!(evict_margin <= hard_margin)) {
    throw Error("evict_margin = " + std::to_string(evict_margin) +
                ": expected at most hard_margin = " + std::to_string(hard_margin) +
                ", or what is evicted would come back at once");
  }
  if (retrain_after < 1) throw Error("retrain_after = 0: expected at least 1");
  if (passes < 1) throw Error("passes = " + std::to_string(passes) + ": expected at least 1");
}

TrainedClassifiers TrainClassifiers(const std::vector<TrainingImage>& images,
                                    std::size_t class_count,
                                    const SvmTrainingOptions& options,
                                    int workers,
                                    const Progress& progress) {
  options.Validate();
  Expects(workers >= 1, "at least one worker");
  if (images.empty()) throw Error("training of classifiers: expected pictures, found none");
  ExpectTrainable(images, class_count);
  std::vector<ClassId> classes = options.only;
  for (std::size_t j = 0; options.only.empty() && j < class_count; ++j) {
    classes.push_back(ClassAt(j));
  }

  SharedProgress shared_progress(
      progress, classes.size() * images.size() * static_cast<std::size_t>(options.passes));
  std::vector<TrainedSvm> svms(classes.size());
  tbb::task_arena arena(workers);
  arena.execute([&] {
    tbb::parallel_for(std::size_t{0}, classes.size(), [&](std::size_t i) {
      svms[i] = TrainClass(images, classes[i], options, shared_progress);
    });
  });

  LinearClassifiers classifiers = {.kind = ClassifierKind::kSvm,
                                   .feature_dim = images[0].regions.feature_dim,
                                   .weights = {},
                                   .biases = {}};
  std::size_t at_limit = 0;
  for (const auto& [svm, is_at_limit] : svms) {
    at_limit += is_at_limit ? 1 : 0;
    classifiers.weights.insert(classifiers.weights.end(), svm.weight.begin(), svm.weight.end());
    classifiers.biases.push_back(svm.bias);
  }
  return {.classifiers = std::move(classifiers), .at_limit = at_limit};
}

}  // namespace deeper
