# Shaders that are broken on purpose, compiled into the conformance suite: README.md. Each table becomes a
# header, which is added to suite_headers.
add_executable(mutate tools/mutate.c)
file(GLOB mutant_tables CONFIGURE_DEPENDS tools/mutants/*.mutant)
set(mutant_list)
set(mutant_rows)
set(khr_matrices none)
if(MNSP_MATRICES)
  set(khr_matrices $<TARGET_FILE:khr-matrices>)
endif()
foreach(table IN LISTS mutant_tables)
  get_filename_component(name ${table} NAME_WE)
  set(header ${GENERATED}/mutants/${name}.h)
  set(interface ${GENERATED}/mutants/${name}-interface)
  add_custom_command(OUTPUT ${header}
    COMMAND ${CMAKE_COMMAND} -E make_directory ${interface}
    COMMAND shader-interface ${name} ${interface}/interface.glsl
    COMMAND mutate ${name} --glslang ${GLSLANG} --khr-matrices ${khr_matrices} --source ${CMAKE_SOURCE_DIR} --interface ${interface}
            --work ${GENERATED}/mutants/work --out ${header}
    DEPENDS ${table} ${CMAKE_SOURCE_DIR}/shaders/${name}.comp ${shader_includes} ${TABLE} shader-interface
            mutate khr-matrices
    COMMENT "mutants of ${name}" VERBATIM)
  list(APPEND suite_headers ${header})
  string(APPEND mutant_list "#include \"mutants/${name}.h\"\n")
  string(APPEND mutant_rows "{mutants_${name}, sizeof mutants_${name} / sizeof mutants_${name}[0]},\n")
endforeach()
file(CONFIGURE OUTPUT ${GENERATED}/mutants/all.h CONTENT "${mutant_list}")
file(CONFIGURE OUTPUT ${GENERATED}/mutants/table.h CONTENT "${mutant_rows}")
