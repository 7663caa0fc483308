#include "backbone/safetensors.h"
