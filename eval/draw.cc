#include "eval/draw.h"
