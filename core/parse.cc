#include "core/parse.h"
