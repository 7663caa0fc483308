#include "detector/heads.h"
