#include "detector/model.h"
