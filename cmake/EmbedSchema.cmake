# cmake -DOUT=<file> -DFILES=<list> -P EmbedSchema.cmake: writes schema/NNNN_name.sql files as one C++ source.
set(entries "")
foreach(file IN LISTS FILES)
  get_filename_component(stem "${file}" NAME_WE)
  if(NOT stem MATCHES "^([0-9][0-9][0-9][0-9])_([a-z0-9_]+)$")
    message(FATAL_ERROR "${file}: migrations are called NNNN_name.sql")
  endif()
  set(name "${CMAKE_MATCH_2}")
  string(REGEX REPLACE "^0+" "" version "${CMAKE_MATCH_1}")
  file(READ "${file}" text)
  string(APPEND entries "    {${version}, \"${name}\", R\"schema(${text})schema\"},\n")
endforeach()
file(WRITE "${OUT}" "// Made from schema/*.sql by cmake/EmbedSchema.cmake.
#include \"storage/schema.hpp\"

namespace ignition::storage {
namespace {

constexpr SchemaFile kSchema[] = {
${entries}};

}  // namespace

std::span<const SchemaFile> shipped_schema() { return kSchema; }

}  // namespace ignition::storage
")
