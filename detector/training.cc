#include "detector/training.h"
