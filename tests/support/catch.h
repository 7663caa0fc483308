#pragma once

// The one place that names Catch2's header: Debian 12 has version 2, whose header differs from
// version 3's.
#include <catch2/catch.hpp>
