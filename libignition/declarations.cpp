// Writes what type checkers of another language know of the catalogue:
//   ignition_declarations python_types|python_operations|typescript FILE
#include <cstdio>
#include <fstream>
#include <string_view>

#include "ignition/engine.hpp"
#include "ignition/python_stubs.hpp"
#include "ignition/typescript.hpp"

int main(int argc, char** argv) {
  const std::string_view kind = argc == 3 ? argv[1] : "";
  const auto write = kind == "python_types"        ? &ignition::python_types
                     : kind == "python_operations" ? &ignition::python_operations
                     : kind == "typescript"        ? &ignition::typescript
                                                   : nullptr;
  if (write == nullptr) {
    std::fputs("usage: ignition_declarations python_types|python_operations|typescript FILE\n", stderr);
    return 64;
  }
  std::ofstream file(argv[2]);
  file << write(ignition::catalogue());
  return file.flush() ? 0 : 74;
}
