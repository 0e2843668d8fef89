#include "gpu/gpu_internal.h"

#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char gpu_no_driver[] = "no Vulkan device: no driver was found; install one (mesa-vulkan-drivers)";

static const char validation_layer[] = "VK_LAYER_KHRONOS_validation";

#ifdef VK_EXT_layer_settings
/* Newer versions of the layer look at what shaders access only when told to. */
static const char settings_extension[] = VK_EXT_LAYER_SETTINGS_EXTENSION_NAME;
static const VkBool32 yes = VK_TRUE;
static const VkLayerSettingEXT shader_accesses = {
    .pLayerName = validation_layer,
    .pSettingName = "syncval_shader_accesses_heuristic",
    .type = VK_LAYER_SETTING_TYPE_BOOL32_EXT,
    .valueCount = 1,
    .pValues = &yes,
};
static const VkLayerSettingsCreateInfoEXT layer_settings = {
    .sType = VK_STRUCTURE_TYPE_LAYER_SETTINGS_CREATE_INFO_EXT,
    .settingCount = 1,
    .pSettings = &shader_accesses,
};
static const void *const settings_chain = &layer_settings;
#else
static const char settings_extension[] = "VK_EXT_layer_settings";
static const void *const settings_chain = NULL;
#endif

static VKAPI_ATTR VkBool32 VKAPI_CALL keep_message(VkDebugUtilsMessageSeverityFlagBitsEXT severity,
                                                   VkDebugUtilsMessageTypeFlagsEXT types,
                                                   const VkDebugUtilsMessengerCallbackDataEXT *data,
                                                   void *user) {
    struct gpu_instance *const instance = user;
    (void)severity;
    (void)types;
    const char *const name = data->pMessageIdName ? data->pMessageIdName : "unnamed";
    const char *const text = data->pMessage ? data->pMessage : "";
    if (instance->message_count++ == 0)
        snprintf(instance->first_message, sizeof instance->first_message, "%.100s: %s", name, text);
    return VK_FALSE;
}

static enum status start_loader(void) {
    if (volkInitialize() != VK_SUCCESS)
        return status_set(STATUS_DEVICE, "no Vulkan device: libvulkan.so.1 was not found; install libvulkan1 "
                                         "and a driver (mesa-vulkan-drivers)");
    if (volkGetInstanceVersion() < VK_API_VERSION_1_2)
        return status_set(STATUS_DEVICE,
                          "no Vulkan device: the Vulkan loader is older than 1.2; update libvulkan1");
    return STATUS_OK;
}

static enum status find_validation_layer(uint32_t *version) {
    uint32_t count = 0;
    TRY(gpu_check_result(vkEnumerateInstanceLayerProperties(&count, NULL), "list the Vulkan layers"));
    VkLayerProperties *layers;
    TRY(memory_new(&layers, count, sizeof *layers));
    bool found = false;
    if (vkEnumerateInstanceLayerProperties(&count, layers) >= VK_SUCCESS)
        for (uint32_t i = 0; i < count; i++)
            if (strcmp(layers[i].layerName, validation_layer) == 0) {
                *version = layers[i].specVersion;
                found = true;
            }
    free(layers);
    if (!found)
        return status_set(STATUS_UNSUPPORTED,
                          "the Vulkan validation layer was asked for and is not installed; "
                          "install vulkan-validationlayers or leave validation off");
    return STATUS_OK;
}

/* Whether the loader, or `layer` where it is not NULL, offers an instance extension. */
static enum status find_extension(const char *layer, const char *name, bool *found) {
    uint32_t count = 0;
    *found = false;
    TRY(gpu_check_result(vkEnumerateInstanceExtensionProperties(layer, &count, NULL),
                         "list the Vulkan extensions"));
    VkExtensionProperties *list;
    TRY(memory_new(&list, count, sizeof *list));
    if (vkEnumerateInstanceExtensionProperties(layer, &count, list) >= VK_SUCCESS)
        for (uint32_t i = 0; i < count; i++)
            *found = *found || strcmp(list[i].extensionName, name) == 0;
    free(list);
    return STATUS_OK;
}

/* The instance extensions to enable. */
struct extensions {
    const char *names[3];
    uint32_t count;
    bool settings; /* the validation layer takes settings_chain */
};

/* Debug names and the validation layer's messages go through VK_EXT_debug_utils, synchronisation validation
 * through VK_EXT_validation_features. */
static enum status choose_extensions(struct gpu_instance *instance, bool validate,
                                     struct extensions *extensions) {
    memset(extensions, 0, sizeof *extensions);
    TRY(find_extension(NULL, VK_EXT_DEBUG_UTILS_EXTENSION_NAME, &instance->debug_utils));
    if (instance->debug_utils)
        extensions->names[extensions->count++] = VK_EXT_DEBUG_UTILS_EXTENSION_NAME;
    if (!validate)
        return STATUS_OK;
    bool features;
    TRY(find_validation_layer(&instance->layer_version));
    TRY(find_extension(validation_layer, VK_EXT_VALIDATION_FEATURES_EXTENSION_NAME, &features));
    if (!features || !instance->debug_utils)
        return status_set(STATUS_UNSUPPORTED,
                          "the Vulkan validation layer has no synchronisation validation; "
                          "update vulkan-validationlayers or leave validation off");
    extensions->names[extensions->count++] = VK_EXT_VALIDATION_FEATURES_EXTENSION_NAME;
    TRY(find_extension(validation_layer, settings_extension, &extensions->settings));
    extensions->settings = extensions->settings && settings_chain != NULL;
    if (extensions->settings)
        extensions->names[extensions->count++] = settings_extension;
    return STATUS_OK;
}

static enum status create_handle(struct gpu_instance *instance, bool validate) {
    struct extensions extensions;
    TRY(choose_extensions(instance, validate, &extensions));
    const char *const layer = validation_layer;
    const VkValidationFeatureEnableEXT enabled = VK_VALIDATION_FEATURE_ENABLE_SYNCHRONIZATION_VALIDATION_EXT;
    const VkValidationFeaturesEXT validation = {
        .sType = VK_STRUCTURE_TYPE_VALIDATION_FEATURES_EXT,
        .pNext = extensions.settings ? settings_chain : NULL,
        .enabledValidationFeatureCount = 1,
        .pEnabledValidationFeatures = &enabled,
    };
    const VkApplicationInfo application = {
        .sType = VK_STRUCTURE_TYPE_APPLICATION_INFO,
        .pApplicationName = "mnsp",
        .apiVersion = VK_API_VERSION_1_3, /* the highest that is made use of; devices may have 1.2 */
    };
    const VkInstanceCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO,
        .pNext = validate ? &validation : NULL,
        .pApplicationInfo = &application,
        .enabledLayerCount = validate ? 1 : 0,
        .ppEnabledLayerNames = &layer,
        .enabledExtensionCount = extensions.count,
        .ppEnabledExtensionNames = extensions.names,
    };
    const VkResult result = vkCreateInstance(&info, NULL, &instance->handle);
    if (result == VK_ERROR_INCOMPATIBLE_DRIVER)
        return status_set(STATUS_DEVICE, "%s", gpu_no_driver);
    TRY(gpu_check_result(result, "start Vulkan"));
    volkLoadInstanceOnly(instance->handle);
    return STATUS_OK;
}

static enum status listen(struct gpu_instance *instance) {
    const VkDebugUtilsMessengerCreateInfoEXT info = {
        .sType = VK_STRUCTURE_TYPE_DEBUG_UTILS_MESSENGER_CREATE_INFO_EXT,
        .messageSeverity =
            VK_DEBUG_UTILS_MESSAGE_SEVERITY_WARNING_BIT_EXT | VK_DEBUG_UTILS_MESSAGE_SEVERITY_ERROR_BIT_EXT,
        .messageType = VK_DEBUG_UTILS_MESSAGE_TYPE_VALIDATION_BIT_EXT,
        .pfnUserCallback = keep_message,
        .pUserData = instance,
    };
    return gpu_check_result(
        vkCreateDebugUtilsMessengerEXT(instance->handle, &info, NULL, &instance->messenger),
        "listen to the validation layer");
}

enum status gpu_instance_create(struct gpu_instance *instance, bool validate) {
    memset(instance, 0, sizeof *instance);
    TRY(start_loader());
    TRY(create_handle(instance, validate));
    const enum status status = validate ? listen(instance) : STATUS_OK;
    if (status != STATUS_OK)
        gpu_instance_destroy(instance);
    return status;
}

void gpu_instance_destroy(struct gpu_instance *instance) {
    if (instance->handle == VK_NULL_HANDLE)
        return;
    if (instance->messenger != VK_NULL_HANDLE)
        vkDestroyDebugUtilsMessengerEXT(instance->handle, instance->messenger, NULL);
    vkDestroyInstance(instance->handle, NULL);
    instance->handle = VK_NULL_HANDLE;
}
