#include "eval/ilsvrc.h"
