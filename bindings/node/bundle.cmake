# Puts the libraries that an addon needs, but for the system's own, beside it: the package then needs no other.
#   cmake -DADDON=FILE -P bundle.cmake
cmake_path(GET ADDON PARENT_PATH folder)
file(GET_RUNTIME_DEPENDENCIES LIBRARIES ${ADDON} RESOLVED_DEPENDENCIES_VAR libraries UNRESOLVED_DEPENDENCIES_VAR missing
     PRE_EXCLUDE_REGEXES "^lib(c|m|dl|rt|pthread|stdc\\+\\+|gcc_s)\\.so" "^ld-linux")
if(missing)
  message(FATAL_ERROR "${ADDON} needs what is not there: ${missing}")
endif()
foreach(library IN LISTS libraries)
  # npm packs no symbolic links: the file takes the name under which it is looked for.
  cmake_path(GET library FILENAME name)
  file(REAL_PATH ${library} file)
  file(COPY_FILE ${file} ${folder}/${name})
endforeach()
