#include "proposals/selective_search.h"
