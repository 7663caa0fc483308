# Every dependency of the project; the installed package includes this file too, so the two cannot drift.
# docs/dependencies.md says what each is for. All are Debian 12 packages: scripts/install-packages.sh.
find_package(OpenCV 4 REQUIRED COMPONENTS core dnn freetype imgproc imgcodecs videoio ximgproc)
find_package(Eigen3 3.4 REQUIRED NO_MODULE)
find_package(OpenBLAS CONFIG REQUIRED)
find_package(OpenMP REQUIRED COMPONENTS CXX)
find_package(Boost 1.74 REQUIRED COMPONENTS program_options)
find_package(TBB 2021 REQUIRED)
find_package(pugixml REQUIRED)
find_package(nlohmann_json 3.11 REQUIRED)
find_package(fmt 9 REQUIRED)
find_package(OpenSSL 3 REQUIRED COMPONENTS Crypto)
find_package(Protobuf 3.21 REQUIRED)
find_package(libjpeg-turbo CONFIG REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(libexif REQUIRED IMPORTED_TARGET GLOBAL libexif)
pkg_check_modules(libwebpdemux REQUIRED IMPORTED_TARGET GLOBAL libwebpdemux libwebp)
pkg_check_modules(libheif REQUIRED IMPORTED_TARGET GLOBAL libheif)
find_package(PNG 1.6 REQUIRED)
find_package(GIF 5 REQUIRED)
find_package(Fontconfig 2.13 REQUIRED)
find_package(yaml-cpp 0.7 REQUIRED)

# Debian's oneDNN package asks for OpenCL headers in its CMake file, though it needs none: find the library itself.
find_library(DEEPER_DNNL_LIBRARY dnnl REQUIRED)
find_path(DEEPER_DNNL_INCLUDE oneapi/dnnl/dnnl.hpp REQUIRED)
if(NOT TARGET deeper_dnnl)
  add_library(deeper_dnnl INTERFACE IMPORTED)
  set_target_properties(deeper_dnnl PROPERTIES
    INTERFACE_SYSTEM_INCLUDE_DIRECTORIES "${DEEPER_DNNL_INCLUDE}"
    INTERFACE_LINK_LIBRARIES "${DEEPER_DNNL_LIBRARY}")
endif()

# Debian's OpenBLAS package gives variables, not a target.
if(NOT TARGET OpenBLAS::OpenBLAS)
  add_library(OpenBLAS::OpenBLAS INTERFACE IMPORTED)
  set_target_properties(OpenBLAS::OpenBLAS PROPERTIES
    INTERFACE_INCLUDE_DIRECTORIES "${OpenBLAS_INCLUDE_DIRS}"
    INTERFACE_LINK_LIBRARIES "${OpenBLAS_LIBRARIES}")
endif()
# Eigen with OpenBLAS's matrix products, which know the processor. All that use Eigen link to this, so that none of its
# templates is compiled in two ways.
if(NOT TARGET deeper_eigen)
  add_library(deeper_eigen INTERFACE IMPORTED)
  set_target_properties(deeper_eigen PROPERTIES
    INTERFACE_COMPILE_DEFINITIONS EIGEN_USE_BLAS
    INTERFACE_LINK_LIBRARIES "Eigen3::Eigen;OpenBLAS::OpenBLAS")
endif()
# OpenCV's targets bring no include path that -Werror tolerates in C++20: ours marks it SYSTEM.
if(NOT TARGET deeper_opencv)
  add_library(deeper_opencv INTERFACE IMPORTED)
  set_target_properties(deeper_opencv PROPERTIES
    INTERFACE_SYSTEM_INCLUDE_DIRECTORIES "${OpenCV_INCLUDE_DIRS}"
    INTERFACE_LINK_LIBRARIES "opencv_core;opencv_imgproc;opencv_imgcodecs;opencv_ximgproc")
endif()

if(DEEPER_BUILD_TESTS)
  find_package(Catch2 2.13 REQUIRED) # v2 on Debian 12; v3 differs in header and matchers
  include(Catch)
  find_package(benchmark REQUIRED)
  find_library(DEEPER_LIBLINEAR linear REQUIRED) # R-CNN's own SVM solver: an oracle for ours
endif()
