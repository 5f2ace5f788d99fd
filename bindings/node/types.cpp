// Writes lib/operations.d.ts, which is derived from the catalogue: node_types FILE
#include <cstdio>
#include <fstream>

#include "ignition/engine.hpp"
#include "ignition/typescript.hpp"

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: node_types FILE\n", stderr);
    return 64;
  }
  std::ofstream file(argv[1]);
  file << ignition::typescript(ignition::catalogue());
  return file.flush() ? 0 : 74;
}
