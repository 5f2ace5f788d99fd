// Writes one of the files that are derived from the catalogue: python_stubs types|operations FILE
#include <cstdio>
#include <fstream>
#include <string_view>

#include "ignition/engine.hpp"
#include "ignition/python_stubs.hpp"

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fputs("usage: python_stubs types|operations FILE\n", stderr);
    return 64;
  }
  const bool types = std::string_view(argv[1]) == "types";
  std::ofstream file(argv[2]);
  file << (types ? ignition::python_types(ignition::catalogue()) : ignition::python_operations(ignition::catalogue()));
  return file.flush() ? 0 : 74;
}
