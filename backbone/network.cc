#include "backbone/network.h"
