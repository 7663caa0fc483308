#pragma once

#include "core/dataset.h"
#include "core/image.h"

namespace deeper {

// The pixels of a data set's picture as its boxes count them. Read upright, as ReadImage does;
// where the annotated size is that of the stored pixels instead, the annotator's program did not
// turn the picture by its EXIF orientation, and neither is it here. Throws Error as ReadImage does,
// and for a picture of yet another size than annotated, on which the boxes would lie wrongly. An
// annotation without a size fits every picture.
Image ReadAnnotatedImage(const AnnotatedImage& annotated);

}  // namespace deeper
