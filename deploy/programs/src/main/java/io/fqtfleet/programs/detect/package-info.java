/**
 * Detectors on streams of people's own: one column of a file, published benchmark streams, and the
 * errors of a classifier on a data set. Knows streams' detectors and no service.
 *
 * <p>Start with {@link io.fqtfleet.programs.detect.DetectCommand}, then {@link
 * io.fqtfleet.programs.detect.BenchmarkStreams}.
 */
package io.fqtfleet.programs.detect;
