#include "detector/svm.h"
