include(GNUInstallDirs)

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
# Makes deeper_<name>, alias deeper::<name>. HEADERS are installed and each is
# compiled alone (target all_verify_interface_header_sets).
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

# deeper_add_test(<file-without-suffix> LABELS unit LINK deeper::core)
# One executable per source file; CTest names read "<folder>/<test case>". A test case whose data is absent
# prints "skipped: needs <what>" and CTest counts it as skipped.
function(deeper_add_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "LABELS;LINK")
  get_filename_component(folder "${CMAKE_CURRENT_SOURCE_DIR}" NAME)
  set(target test_${folder}_${name})
  add_executable(${target} ${name}.cc)
  target_include_directories(${target} PRIVATE "${PROJECT_SOURCE_DIR}")
  target_link_libraries(${target} PRIVATE ${arg_LINK} deeper_test_support Catch2::Catch2WithMain)
  deeper_configure_target(${target})
  set(timeout 600)
  if(DEEPER_SANITIZE)
    set(timeout 3600)
  endif()
  catch_discover_tests(${target} TEST_PREFIX "${folder}/"
    PROPERTIES LABELS "${arg_LABELS}" SKIP_REGULAR_EXPRESSION "skipped: needs "
               ENVIRONMENT "OPENBLAS_NUM_THREADS=1" TIMEOUT ${timeout})
endfunction()
