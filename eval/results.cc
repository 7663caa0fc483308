#include "eval/results.h"
