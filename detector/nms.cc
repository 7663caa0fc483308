#include "detector/nms.h"
