# deeper_embed_text(<target> <file>...)
# Writes each file of this folder as a C++ string literal of the same bytes to <its path from the repository's root>.inc,
# which <target> alone can include, and does so anew when the file changes:
#   constexpr std::string_view kText =
#   #include "eval/report/page/report.css.inc"
#       ;
# One literal a line, since compilers bound a literal's length; they join up to 65,536 characters (C++20, Annex B), so a
# file has fewer.
function(deeper_embed_text target)
  foreach(file IN LISTS ARGN)
    set(from "${CMAKE_CURRENT_SOURCE_DIR}/${file}")
    file(RELATIVE_PATH to "${PROJECT_SOURCE_DIR}" "${from}")
    set(to "${PROJECT_BINARY_DIR}/embedded/${to}.inc")
    add_custom_command(OUTPUT "${to}"
      COMMAND "${CMAKE_COMMAND}" "-DFROM=${from}" "-DTO=${to}" -P "${CMAKE_CURRENT_FUNCTION_LIST_FILE}"
      DEPENDS "${from}" "${CMAKE_CURRENT_FUNCTION_LIST_FILE}"
      COMMENT "Embedding ${file}" VERBATIM)
    target_sources(${target} PRIVATE "${to}")
  endforeach()
  target_include_directories(${target} PRIVATE "${PROJECT_BINARY_DIR}/embedded")
endfunction()

# The command above: this file as a script.
if(CMAKE_SCRIPT_MODE_FILE STREQUAL CMAKE_CURRENT_LIST_FILE)
  cmake_minimum_required(VERSION 3.25)  # or older policies would replace what looks like a variable in the text
  file(SIZE "${FROM}" size)
  if(size GREATER_EQUAL 65536)
    message(FATAL_ERROR "${FROM}: expected less than 65,536 bytes to embed, found ${size}")
  endif()
  file(READ "${FROM}" text)
  string(LENGTH "${text}" length)  # file(READ) leaves out the \r of \r\n
  if(NOT length EQUAL size)
    message(FATAL_ERROR "${FROM}: expected lines that end in a line feed alone, found \\r before one")
  endif()
  string(REPLACE "\\" "\\\\" text "${text}")
  string(REPLACE "\"" "\\\"" text "${text}")
  string(REPLACE "?" "\\?" text "${text}")  # ??= would be a trigraph
  string(REPLACE "\n" "\\n\"\n\"" text "${text}")
  file(WRITE "${TO}" "\"${text}\"\n")
endif()
