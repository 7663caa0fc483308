#include "detector/features.h"
