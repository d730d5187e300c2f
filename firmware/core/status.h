/* The one status type of the learner. On anything but FQT_OK outputs and state are untouched. */
#ifndef FQT_CORE_STATUS_H
#define FQT_CORE_STATUS_H

enum fqt_status {
    FQT_OK = 0,
    FQT_BAD_SHAPE = 1,  /* layers to load differ from the plan in number or dimensions */
    FQT_BAD_VALUE = 2,  /* a scale, zero point, range or bias is not finite or out of its range */
    FQT_BAD_CONFIG = 3, /* a field of fqt_config is out of its range, or names a frozen layer */
    FQT_BAD_SAMPLE = 4, /* label >= classes, or a window for a model that reads codes */
    FQT_NOT_LOADED = 5  /* a model with frozen layers has no weights before fqt_load */
};

#endif
