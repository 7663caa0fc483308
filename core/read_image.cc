#include "core/read_image.h"
