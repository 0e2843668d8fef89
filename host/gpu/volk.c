/* The Vulkan loader's entry points, found at run time: volk is built into this file. */
#define VOLK_IMPLEMENTATION
#include <volk.h>
