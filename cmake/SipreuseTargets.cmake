# One place for the flags of every target, and the two functions that make targets.

set(CMAKE_C_STANDARD 17)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_C_VISIBILITY_PRESET hidden)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")

option(SIPREUSE_WERROR "Treat warnings as errors (CI's presets)" OFF)
set(SIPREUSE_SANITIZE "" CACHE STRING "Sanitizers for every target, as for -fsanitize=")
option(SIPREUSE_COVERAGE "Instrument for gcov" OFF)

add_library(sipreuse_flags INTERFACE)
target_compile_definitions(sipreuse_flags INTERFACE _GNU_SOURCE)
target_include_directories(sipreuse_flags INTERFACE
  "${CMAKE_SOURCE_DIR}/harness" "${CMAKE_SOURCE_DIR}")
target_compile_options(sipreuse_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes
  -Wundef -Wvla -Wformat=2 -Wimplicit-fallthrough -Wpointer-arith -Wwrite-strings
  -Wcast-qual -Wdouble-promotion -Wnull-dereference -Wswitch-enum)
if(SIPREUSE_WERROR)
  target_compile_options(sipreuse_flags INTERFACE -Werror)
endif()
if(SIPREUSE_SANITIZE)
  target_compile_options(sipreuse_flags INTERFACE
    "-fsanitize=${SIPREUSE_SANITIZE}" -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(sipreuse_flags INTERFACE "-fsanitize=${SIPREUSE_SANITIZE}")
endif()
if(SIPREUSE_COVERAGE)
  target_compile_options(sipreuse_flags INTERFACE --coverage)
  target_link_options(sipreuse_flags INTERFACE --coverage)
endif()

# Criterion's macros are not written for these warnings. Linked last, so that they follow the flags they undo.
add_library(sipreuse_criterion_flags INTERFACE)
target_compile_options(sipreuse_criterion_flags INTERFACE
  -Wno-pedantic -Wno-missing-prototypes -Wno-cast-qual -Wno-double-promotion)

# sipreuse_library(NAME SOURCES a.c b.c [PUBLIC target ...] [PRIVATE target ...])
function(sipreuse_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_link_libraries(${name} PUBLIC sipreuse_flags ${ARG_PUBLIC} PRIVATE ${ARG_PRIVATE})
endfunction()

# sipreuse_test(NAME LABEL label SOURCES test_a.c [LINK target ...] [TIMEOUT seconds])
# A LeakSanitizer report does not fail a Criterion test by itself, so its banner does; Criterion's runner is let leak.
function(sipreuse_test name)
  cmake_parse_arguments(ARG "" "LABEL;TIMEOUT" "SOURCES;LINK" ${ARGN})
  add_executable(${name} ${ARG_SOURCES} "${CMAKE_SOURCE_DIR}/suites/unit/criterion_runner.c")
  target_link_libraries(${name} PRIVATE sipreuse_flags ${ARG_LINK} PkgConfig::CRITERION sipreuse_criterion_flags)
  target_compile_definitions(${name} PRIVATE SIPREUSE_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
  add_test(NAME ${name} COMMAND ${name} --jobs 2)
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  set_tests_properties(${name} PROPERTIES LABELS "${ARG_LABEL}" TIMEOUT ${ARG_TIMEOUT}
    FAIL_REGULAR_EXPRESSION "LeakSanitizer;AddressSanitizer;runtime error:")
endfunction()

# sipreuse_test_alone(NAME SOURCES test_a.c [LINK target ...])
# The same tests with a runner of ours, for where Criterion's cannot be (criterion_alone.c).
function(sipreuse_test_alone name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
  add_executable(${name} ${ARG_SOURCES} "${CMAKE_SOURCE_DIR}/suites/unit/criterion_alone.c")
  target_link_libraries(${name} PRIVATE sipreuse_flags ${ARG_LINK} PkgConfig::CRITERION sipreuse_criterion_flags)
  foreach(part internal_test_setup internal_test_main internal_test_teardown send_assert abort_test continue_test)
    target_link_options(${name} PRIVATE "LINKER:--wrap=criterion_${part}")
  endforeach()
endfunction()

# sipreuse_fuzz_target(NAME SOURCES fuzz_x.c CORPUS dir [LINK target ...])
# With SIPREUSE_FUZZ a libFuzzer executable; always a replay of the corpus in the ordinary check.
function(sipreuse_fuzz_target name)
  cmake_parse_arguments(ARG "" "CORPUS" "SOURCES;LINK" ${ARGN})
  add_executable(${name}_replay ${ARG_SOURCES} "${CMAKE_SOURCE_DIR}/suites/unit/fuzz_replay_main.c")
  target_link_libraries(${name}_replay PRIVATE sipreuse_flags ${ARG_LINK})
  add_test(NAME ${name}_replay COMMAND ${name}_replay "${ARG_CORPUS}")
  set_tests_properties(${name}_replay PROPERTIES LABELS "fuzz-replay" TIMEOUT 120
    FAIL_REGULAR_EXPRESSION "LeakSanitizer;AddressSanitizer;runtime error:")
  if(SIPREUSE_FUZZ)
    add_executable(${name} ${ARG_SOURCES})
    target_link_libraries(${name} PRIVATE sipreuse_flags ${ARG_LINK})
    target_compile_options(${name} PRIVATE -fsanitize=fuzzer)
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)
  endif()
endfunction()
