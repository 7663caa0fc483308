include(GNUInstallDirs)

# The headers that most sources of a target include, compiled once for it. Off in the presets that look at the code
# (dev, tidy), so that a source which lacks an include fails there.
option(DEEPER_PRECOMPILE "Compile the headers that most sources include once per target" OFF)
function(deeper_precompile target)
  if(DEEPER_PRECOMPILE)
    target_precompile_headers(${target} PRIVATE
      <algorithm> <cmath> <cstddef> <cstdint> <filesystem> <functional> <map> <memory> <optional> <set> <span> <string>
      <string_view> <utility> <vector> ${ARGN})
  endif()
endfunction()

# Compile settings every target of ours gets. A function, not an INTERFACE
# library, so that nothing of it leaks into the exported package.
function(deeper_configure_target target)
  target_compile_features(${target} PUBLIC cxx_std_20)
  set_target_properties(${target} PROPERTIES CXX_EXTENSIONS OFF)
  target_compile_options(${target} PRIVATE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion
    -Wnon-virtual-dtor -Wold-style-cast -Woverloaded-virtual
    $<$<CXX_COMPILER_ID:GNU>:-Wdouble-promotion>  # clang 14 warns of double{x} too
    $<$<BOOL:${DEEPER_WERROR}>:-Werror>)
  if(DEEPER_SANITIZE)
    set(flags -fsanitize=${DEEPER_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
    # g++ 12 warns of overruns that the instrumented copy of the standard library cannot have.
    target_compile_options(${target} PRIVATE ${flags}
      "$<$<CXX_COMPILER_ID:GNU>:-Wno-array-bounds;-Wno-restrict;-Wno-stringop-overflow;-Wno-stringop-overread>")
    target_link_options(${target} PRIVATE ${flags})
  endif()
endfunction()

# deeper_add_library(<name> SOURCES ... HEADERS ... PUBLIC ... PRIVATE ...)
# Makes deeper_<name>, alias deeper::<name>. HEADERS are what a user may include:
# installed, and each compiled alone (target all_verify_interface_header_sets).
# Headers that only our own code includes stand among the SOURCES.
function(deeper_add_library name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;HEADERS;PUBLIC;PRIVATE")
  set(target deeper_${name})
  add_library(${target} STATIC ${arg_SOURCES})
  add_library(deeper::${name} ALIAS ${target})
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${name} VERIFY_INTERFACE_HEADER_SETS ON)
  target_sources(${target} PUBLIC FILE_SET HEADERS BASE_DIRS "${PROJECT_SOURCE_DIR}" FILES ${arg_HEADERS})
  # Two roots once installed: <deeper/eval/...> for the user, "eval/..." for our own headers.
  target_include_directories(${target} PUBLIC
    $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>
    $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}/deeper>)
  target_link_libraries(${target} PUBLIC ${arg_PUBLIC} PRIVATE ${arg_PRIVATE})
  deeper_configure_target(${target})
  install(TARGETS ${target} EXPORT deeper-targets
          FILE_SET HEADERS DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/deeper")
endfunction()

# deeper_add_tests(LINK deeper::core ... UNIT text/parse_test ... KERNEL ... SLOW ... DATA ... SLOW_DATA ... TORTURE ...)
# One program for this folder's test files (named without suffix), which carry the label of their list: a program a file
# would compile and link the same libraries a hundred times. CTest names read "<folder>/<sub-folder>/<test case>"; a slow
# file is one test, so that its cases share what they prepare, and begins first. A test case whose data is absent prints
# "skipped: needs <what>" and CTest counts it as skipped.
function(deeper_add_tests)
  set(kinds UNIT KERNEL SLOW DATA SLOW_DATA TORTURE)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "" "LINK;${kinds}")
  get_filename_component(folder "${CMAKE_CURRENT_SOURCE_DIR}" NAME)
  set(target test_${folder})
  add_executable(${target})
  target_include_directories(${target} PRIVATE "${PROJECT_SOURCE_DIR}")
  target_link_libraries(${target} PRIVATE ${arg_LINK} deeper_test_support Catch2::Catch2WithMain)
  deeper_configure_target(${target})
  deeper_precompile(${target} <catch2/catch.hpp>)
  set(timeout 600)
  if(DEEPER_SANITIZE)
    set(timeout 3600)
  endif()
  set(all ${arg_UNIT} ${arg_KERNEL} ${arg_SLOW} ${arg_DATA} ${arg_SLOW_DATA} ${arg_TORTURE})
  list(TRANSFORM all REPLACE ".*/" "")
  list(LENGTH all count)
  list(REMOVE_DUPLICATES all)
  list(LENGTH all distinct)
  if(NOT count EQUAL distinct)
    message(FATAL_ERROR "${folder}: two test files of one name; a file's name tags its test cases")
  endif()
  foreach(kind IN LISTS kinds)
    string(TOLOWER "${kind}" labels)
    string(REPLACE "_" ";" labels "${labels}")
    if(kind STREQUAL TORTURE)
      list(APPEND labels slow)
    endif()
    set(properties SKIP_REGULAR_EXPRESSION "skipped: needs " ENVIRONMENT "OPENBLAS_NUM_THREADS=1" TIMEOUT ${timeout})
    set(directories "")
    foreach(file IN LISTS arg_${kind})
      target_sources(${target} PRIVATE ${file}.cc)
      get_filename_component(directory "${folder}/${file}" DIRECTORY)
      get_filename_component(name "${file}" NAME)
      # Catch2 tags each test case with its file's name where it is given --filenames-as-tags.
      if(kind MATCHES "^SLOW")
        add_test(NAME "${directory}/${name}" COMMAND ${target} "[#${name}]" --filenames-as-tags)
        set_tests_properties("${directory}/${name}" PROPERTIES LABELS "${labels}" ${properties} COST 1000)
      else()
        list(APPEND directories "${directory}")
        list(APPEND in_${directory} "[#${name}]")
      endif()
    endforeach()
    list(REMOVE_DUPLICATES directories)
    foreach(directory IN LISTS directories)
      string(REPLACE ";" "," files "${in_${directory}}")
      unset(in_${directory})
      catch_discover_tests(${target} TEST_SPEC "${files}" --filenames-as-tags TEST_PREFIX "${directory}/"
        PROPERTIES LABELS "${labels}" ${properties})
    endforeach()
  endforeach()
endfunction()
