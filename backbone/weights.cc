#include "backbone/weights.h"
