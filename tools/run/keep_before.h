#pragma once

#include <filesystem>
#include <functional>

namespace deeper::tools {

// Writes a file of weights: `write` writes it to the path that it is given, beside `file`, which it
// then replaces. Another file that was there stays as FILE.before, in place of an earlier one; that
// is said on stderr. The same file, as when a training is repeated, leaves no copy. Throws
// WriteError that names the file where that fails, and as `write` does.
void WriteKeepingBefore(const std::filesystem::path& file,
                        const std::function<void(const std::filesystem::path&)>& write);

}  // namespace deeper::tools
