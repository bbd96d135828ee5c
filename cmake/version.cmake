# cmake -DSOURCE=... -DOUTPUT=... -DVERSION=... -DCOMPILER=... -P version.cmake: writes version.cpp when it would change.
execute_process(COMMAND git -C ${SOURCE} describe --always --abbrev=12 --dirty --exclude=* OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE RESULT_VARIABLE failed ERROR_QUIET)
if(failed)
  set(commit unknown)
endif()
file(WRITE ${OUTPUT}.new "#include \"host/version.hpp\"\n\nnamespace spikemass {\n\nconst char* const version = \"${VERSION}\";\nconst char* const git_commit = \"${commit}\";\nconst char* const compiler = \"${COMPILER}\";\n\n}  // namespace spikemass\n")
execute_process(COMMAND ${CMAKE_COMMAND} -E copy_if_different ${OUTPUT}.new ${OUTPUT})
