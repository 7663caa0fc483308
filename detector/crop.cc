#include "detector/crop.h"
