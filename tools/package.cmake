# How `cpack` makes packages of what is installed: `cpack -G DEB` in the build folder.
set(CPACK_PACKAGE_NAME mnsp)
set(CPACK_PACKAGE_VENDOR "mnsp")
set(CPACK_PACKAGE_CONTACT "the mnsp project")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "train scene-text recognisers through Vulkan compute")
set(CPACK_PACKAGE_DESCRIPTION
    "Pre-trains an encoder on images of words without labels (MAE, LMIM, masked next-scale prediction), fine-tunes
a recogniser from it, and reads words, on any device of Vulkan 1.2 or on the processor.")
set(CPACK_GENERATOR DEB)
set(CPACK_STRIP_FILES ON)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)

set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
# Linked libraries are found by dpkg-shlibdeps. The Vulkan loader is opened when the program starts, which it
# cannot see; without a loader the reference still runs, on one thread.
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "libvulkan1, mesa-vulkan-drivers | vulkan-icd, fonts-dejavu-core")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "vulkan-validationlayers, python3-torch, python3-onnx")
include(CPack)
