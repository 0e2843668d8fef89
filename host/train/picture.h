/* picture.h: what a network makes of a few images, drawn for people.
 *
 *     TRY(picture_samples_open(&samples, set, &settings, 6));
 *     TRY(picture_preview_open(&preview, &settings, &samples, device));
 *     TRY(picture_preview_draw(preview, step->executor, step->graph, lettering, "step 300", &page));
 *     status = canvas_save(&page, "run/pictures/step-00000300.png");
 *
 * Of a pre-training: image, masked image, and what is predicted in the removed patches. The same images and
 * masks every time, so that pictures of different steps can be laid side by side. Of a recogniser: images
 * with their labels and readings.
 */
#ifndef MNSP_TRAIN_PICTURE_H
#define MNSP_TRAIN_PICTURE_H

#include "data/source.h"
#include "train/lettering.h"
#include "train/recognise.h"

/* ---- some images of a data set ---- */

struct picture_samples {
    size_t count;
    uint32_t height, width;
    float *image;    /* (count, 3, height, width), normalised */
    float *guidance; /* the same of the guidance views */
    char **label;    /* (count); NULL where there is none */
    float *ink;      /* (count, height, width): which pixels are text (data/ink.h) */
    bool *ink_known; /* (count), or estimated */
};

/* Takes at most `most` images, spread evenly over the set; those that cannot be decoded are passed over.
 * Errors: STATUS_INVALID when none can be decoded, STATUS_MEMORY. */
MNSP_NODISCARD enum status picture_samples_open(struct picture_samples *out, struct data_set *set,
                                                const struct settings *settings, size_t most);
void picture_samples_free(struct picture_samples *samples);

/* Normalised planes (3, height, width) as a picture. */
MNSP_NODISCARD enum status picture_of_planes(struct data_image *out, const float *planes, uint32_t height,
                                             uint32_t width);

/* ---- pre-training ---- */

struct picture_preview;

/* Makes a network like that of the run, for the samples, which must outlive it. Errors: those of the
 * objective and the device. */
MNSP_NODISCARD enum status picture_preview_open(struct picture_preview **out, const struct settings *settings,
                                                const struct picture_samples *samples,
                                                struct gpu_device *device);
void picture_preview_close(struct picture_preview *preview);

/* Takes the weights as they are now in a training step, and draws a row for each sample: image, guidance view
 * where there is one, masked image, and prediction. Pixels are shown with the patch's own mean and variance
 * where the network predicts them without. Features are shown as colours: the first three principal
 * components of the target's. Kept patches are shown as they were given. */
MNSP_NODISCARD enum status picture_preview_draw(struct picture_preview *preview, struct executor *from,
                                                const struct graph *graph, struct lettering *lettering,
                                                const char *title, struct data_image *page);

/* ---- recognition ---- */

/* Reads the samples into readings[samples->count]; release them with recogniser_readings_free(). */
MNSP_NODISCARD enum status picture_words_read(struct recogniser *recogniser,
                                              const struct picture_samples *samples,
                                              struct recogniser_reading *readings);

/* Draws each sample with its label, and the reading in green where they are equal by letters and digits, in
 * red where not; down the left column and then down the right one. */
MNSP_NODISCARD enum status picture_words_draw(const struct picture_samples *samples,
                                              const struct recogniser_reading *readings,
                                              struct lettering *lettering, const char *title,
                                              struct data_image *page);

/* The same with another note below the title. */
MNSP_NODISCARD enum status picture_readings_draw(const struct picture_samples *samples,
                                                 const struct recogniser_reading *readings,
                                                 struct lettering *lettering, const char *title,
                                                 const char *note, struct data_image *page);

#endif
