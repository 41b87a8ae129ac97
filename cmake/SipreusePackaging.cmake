# What `cmake --install` puts where, and the packages that `cpack -G DEB` makes: the program with its data, and the reference library for
# developers. The component of everything else is "runtime".
set(CMAKE_INSTALL_DEFAULT_COMPONENT_NAME runtime)
set(data "${CMAKE_INSTALL_DATADIR}/sipreuse")

install(TARGETS sipreuse RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
install(DIRECTORY scenarios devices DESTINATION "${data}")
file(GLOB suites CONFIGURE_DEPENDS suites/*.json)
install(FILES ${suites} DESTINATION "${data}/suites")
install(DIRECTORY suites/schema DESTINATION "${data}/suites")
install(DIRECTORY reports/schema DESTINATION "${data}/reports")
install(FILES cmake/installed/sipreuse.1 DESTINATION "${CMAKE_INSTALL_MANDIR}/man1")
install(FILES cmake/installed/sipreuse.bash DESTINATION "${CMAKE_INSTALL_DATADIR}/bash-completion/completions" RENAME sipreuse)
install(DIRECTORY docs/ DESTINATION "${CMAKE_INSTALL_DOCDIR}" FILES_MATCHING PATTERN "*.md")
install(FILES README.md CHANGELOG.md LICENSE DESTINATION "${CMAKE_INSTALL_DOCDIR}")

# The reference library: its header, those that it includes, the archives that it needs.
install(TARGETS sipreuse_reference sipreuse_net sipreuse_sip sipreuse_document sipreuse_loop
        ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT development)
install(FILES reference/reference.h DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/sipreuse/reference" COMPONENT development)
install(FILES harness/net/net.h DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/sipreuse/net" COMPONENT development)
install(FILES harness/loop/loop.h DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/sipreuse/loop" COMPONENT development)
# From where the file lies, so that what is installed can be moved.
file(RELATIVE_PATH pkgconfig_to_prefix "/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/")
configure_file(cmake/installed/sipreuse-reference.pc.in sipreuse-reference.pc @ONLY)
install(FILES "${CMAKE_CURRENT_BINARY_DIR}/sipreuse-reference.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig" COMPONENT development)

set(CPACK_PACKAGE_NAME sipreuse)
set(CPACK_PACKAGE_VENDOR "the sipreuse project")
set(CPACK_PACKAGE_CONTACT "the sipreuse project <sipreuse@example.invalid>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_DESCRIPTION}")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENTS_ALL runtime development)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_RUNTIME_PACKAGE_NAME sipreuse)
set(CPACK_DEBIAN_RUNTIME_PACKAGE_DEPENDS iproute2)
set(CPACK_DEBIAN_RUNTIME_PACKAGE_SUGGESTS "kamailio, kamailio-tls-modules, ca-certificates, netbase")
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME libsipreuse-reference-dev)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS
    "libgnutls28-dev, libuv1-dev, libc-ares-dev, libjansson-dev, libsctp-dev, libusrsctp-dev, pkg-config")
include(CPack)
