#include "detector/detect.h"
