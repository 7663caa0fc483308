#include "core/files/sha256.h"

#include <openssl/evp.h>

#include <array>

#include "core/error.h"
#include "core/files/file.h"

namespace deeper {

struct Sha256::State {
  State() : context(EVP_MD_CTX_new()) {
    Expects(context != nullptr && EVP_DigestInit_ex(context, EVP_sha256(), nullptr) == 1,
            "OpenSSL provides SHA-256");
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() { EVP_MD_CTX_free(context); }

  EVP_MD_CTX* context;
  bool finished = false;
};

Sha256::Sha256() : state_(std::make_unique<State>()) {}
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;
Sha256::~Sha256() = default;

void Sha256::Update(std::span<const std::uint8_t> bytes) {
  Expects(!state_->finished, "no bytes come after the digest");
  Expects(EVP_DigestUpdate(state_->context, bytes.data(), bytes.size()) == 1, "OpenSSL hashes");
}

void Sha256::Update(std::string_view text) {
  Expects(!state_->finished, "no bytes come after the digest");
  Expects(EVP_DigestUpdate(state_->context, text.data(), text.size()) == 1, "OpenSSL hashes");
}

void Sha256::Update(std::span<const float> values) {
  Update(std::span(reinterpret_cast<const std::uint8_t*>(values.data()), values.size_bytes()));
}

std::string Sha256::HexDigest() {
  Expects(!state_->finished, "the digest is taken once");
  state_->finished = true;
  std::array<unsigned char, 32> digest{};
  Expects(EVP_DigestFinal_ex(state_->context, digest.data(), nullptr) == 1, "OpenSSL hashes");

  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string hex;
  hex.reserve(2 * digest.size());
  for (const unsigned char byte : digest) {
    hex += kDigits[byte >> 4U];
    hex += kDigits[byte & 15U];
  }
  return hex;
}

std::string DigestOfFile(const std::filesystem::path& path) {
  Sha256 hash;
  hash.Update(ReadFile(path));
  return hash.HexDigest();
}

}  // namespace deeper
