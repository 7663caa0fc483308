#include "core/class_table.h"
