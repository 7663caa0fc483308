#include "backbone/weight_files.h"
