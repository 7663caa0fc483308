#include "eval/voc.h"
