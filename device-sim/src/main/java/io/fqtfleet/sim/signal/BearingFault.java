package io.fqtfleet.sim.signal;

import java.util.ArrayList;
import java.util.List;

/**
 * One class of the generator: where the spall is and how wide.
 *
 * @param part what is damaged
 * @param widthMm of the spall along the race; 0 for a healthy bearing
 */
public record BearingFault(Part part, double widthMm) {
  /** The damaged part. */
  public enum Part {
    NONE,
    INNER_RACE,
    OUTER_RACE,
    BALL
  }

  /** Spalls of 7, 14 and 21 mil, the diameters that the public bearing data sets use. */
  private static final double[] WIDTHS_MM = {0.178, 0.356, 0.533};

  /** Healthy, then each part with each width: ten classes. */
  public static List<BearingFault> tenClasses() {
    List<BearingFault> classes = new ArrayList<>();
    classes.add(new BearingFault(Part.NONE, 0));
    for (Part part : List.of(Part.INNER_RACE, Part.OUTER_RACE, Part.BALL)) {
      for (double width : WIDTHS_MM) {
        classes.add(new BearingFault(part, width));
      }
    }
    return List.copyOf(classes);
  }

  String label() {
    return part == Part.NONE
        ? "healthy"
        : part.name().toLowerCase(java.util.Locale.ROOT) + "-" + Math.round(widthMm * 1000) + "um";
  }
}
