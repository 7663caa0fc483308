#pragma once

#include "core/dataset.h"
#include "core/image.h"

namespace deeper {

// Returns the pixels of a data set's picture in the orientation that its boxes refer to. That is
// upright, as ReadImage reads it, unless the annotated size is that of the stored pixels. Then the
// annotator's program did not turn the picture by its EXIF orientation, and it is not turned here
// either.
//
// Throws Error as ReadImage does, and for a picture of yet another size than annotated, on which
// the boxes would be misplaced. An annotation without a size fits every picture.
Image ReadAnnotatedImage(const AnnotatedImage& annotated);

}  // namespace deeper
