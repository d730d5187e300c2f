package io.fqtfleet.programs.report;

import java.util.List;
import java.util.Locale;

/** Draws plots as self-contained SVG elements. */
public final class Svg {
  public static final int WIDTH = 860;
  private static final String[] COLOURS = {
    "#0b6e4f", "#c1440e", "#2a5ca8", "#8d5fa8", "#b8860b", "#5b6770", "#c2185b", "#00838f",
    "#7a9a01", "#444444"
  };

  /** A line or a cloud of points. */
  public record Series(String name, double[] x, double[] y) {}

  /**
   * @param logX decades instead of a linear scale
   */
  public record Axes(String x, String y, boolean logX, double xLow, double xHigh, double yHigh) {}

  private final StringBuilder out = new StringBuilder();
  private final int height;

  private Svg(int height) {
    this.height = height;
  }

  public static String colour(int i) {
    return COLOURS[i % COLOURS.length];
  }

  private void add(String format, Object... arguments) {
    out.append(String.format(Locale.ROOT, format, arguments)).append('\n');
  }

  private void text(double x, double y, String anchor, String text) {
    add("<text x='%.1f' y='%.1f' text-anchor='%s'>%s</text>", x, y, anchor, escape(text));
  }

  public static String escape(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("'", "&#39;");
  }

  private String close(String title) {
    return ("<svg viewBox='0 0 %d %d' role='img' aria-label='%s'"
            + " xmlns='http://www.w3.org/2000/svg'>%n%s</svg>")
        .formatted(WIDTH, height, escape(title), out);
  }

  /** Steps of shares over a value, for example how many changes were found after so long. */
  public static String steps(String title, Axes axes, List<Series> series) {
    Svg svg = new Svg(360);
    int left = 60;
    int top = 16;
    int right = WIDTH - 190;
    int bottom = 310;
    svg.frame(axes, left, top, right, bottom);
    for (int i = 0; i < series.size(); i++) {
      Series s = series.get(i);
      StringBuilder path = new StringBuilder();
      double lastY = bottom;
      for (int k = 0; k < s.x.length; k++) {
        double x = place(axes, s.x[k], left, right);
        double y = bottom - (bottom - top) * Math.min(1, s.y[k] / axes.yHigh);
        path.append(
            String.format(
                Locale.ROOT,
                k == 0 ? "M%.1f %.1f L%.1f %.1f" : " L%.1f %.1f L%.1f %.1f",
                x,
                lastY,
                x,
                y));
        lastY = y;
      }
      if (s.x.length > 0) {
        path.append(String.format(Locale.ROOT, " L%d %.1f", right, lastY));
      }
      svg.add(
          "<path d='%s' fill='none' stroke='%s' stroke-width='%s'/>",
          path, colour(i), i == 0 ? "3" : "1.6");
      svg.legend(i, s.name, right + 16, top + 12 + 20 * i);
    }
    return svg.close(title);
  }

  /** One line per series. */
  public static String lines(String title, Axes axes, List<Series> series) {
    Svg svg = new Svg(360);
    int left = 60;
    int top = 16;
    int right = WIDTH - 190;
    int bottom = 310;
    svg.frame(axes, left, top, right, bottom);
    for (int i = 0; i < series.size(); i++) {
      Series s = series.get(i);
      StringBuilder path = new StringBuilder();
      for (int k = 0; k < s.x.length; k++) {
        double x = place(axes, s.x[k], left, right);
        double y = bottom - (bottom - top) * Math.min(1, Math.max(0, s.y[k] / axes.yHigh));
        path.append(String.format(Locale.ROOT, "%s%.1f %.1f", k == 0 ? "M" : " L", x, y));
      }
      svg.add("<path d='%s' fill='none' stroke='%s' stroke-width='1.8'/>", path, colour(i));
      svg.legend(i, s.name, right + 16, top + 12 + 20 * i);
    }
    return svg.close(title);
  }

  /** A point per series and x; methods that do well lie low and left. */
  public static String points(String title, Axes axes, List<Series> series) {
    Svg svg = new Svg(360);
    int left = 60;
    int top = 16;
    int right = WIDTH - 190;
    int bottom = 310;
    svg.frame(axes, left, top, right, bottom);
    for (int i = 0; i < series.size(); i++) {
      Series s = series.get(i);
      for (int k = 0; k < s.x.length; k++) {
        double x = place(axes, s.x[k], left, right);
        double y = bottom - (bottom - top) * Math.min(1, s.y[k] / axes.yHigh);
        svg.add(
            "<circle cx='%.1f' cy='%.1f' r='%s' fill='%s' fill-opacity='0.75'/>",
            x, y, i == 0 ? "6" : "4.5", colour(i));
      }
      svg.legend(i, s.name, right + 16, top + 12 + 20 * i);
    }
    return svg.close(title);
  }

  private void legend(int i, String name, double x, double y) {
    add("<rect x='%.1f' y='%.1f' width='12' height='12' fill='%s'/>", x, y - 10, colour(i));
    text(x + 18, y, "start", name);
  }

  private static double place(Axes axes, double x, int left, int right) {
    double low = axes.logX ? Math.log10(axes.xLow) : axes.xLow;
    double high = axes.logX ? Math.log10(axes.xHigh) : axes.xHigh;
    double value = axes.logX ? Math.log10(Math.max(x, axes.xLow)) : x;
    double share = (value - low) / (high - low);
    return left + (right - left) * Math.min(1, Math.max(0, share));
  }

  private void frame(Axes axes, int left, int top, int right, int bottom) {
    for (int i = 0; i <= 5; i++) {
      double y = bottom - (bottom - top) * i / 5.0;
      add("<line class='grid' x1='%d' x2='%d' y1='%.1f' y2='%.1f'/>", left, right, y, y);
      text(left - 8, y + 4, "end", Table.cell(axes.yHigh * i / 5));
    }
    if (axes.logX) {
      for (double x = axes.xLow; x <= axes.xHigh * 1.001; x *= 10) {
        tick(axes, x, left, right, bottom);
      }
    } else {
      for (int i = 0; i <= 5; i++) {
        tick(axes, axes.xLow + (axes.xHigh - axes.xLow) * i / 5, left, right, bottom);
      }
    }
    add("<line class='axis' x1='%d' x2='%d' y1='%d' y2='%d'/>", left, right, bottom, bottom);
    text((left + right) / 2.0, bottom + 40, "middle", axes.x);
    add(
        "<text transform='translate(14 %.1f) rotate(-90)' text-anchor='middle'>%s</text>",
        (top + bottom) / 2.0, escape(axes.y));
  }

  private void tick(Axes axes, double x, int left, int right, int bottom) {
    double at = place(axes, x, left, right);
    add("<line class='axis' x1='%.1f' x2='%.1f' y1='%d' y2='%d'/>", at, at, bottom, bottom + 5);
    text(at, bottom + 20, "middle", x == Math.rint(x) ? "%d".formatted((long) x) : Table.cell(x));
  }

  /**
   * Cells shaded by their share of the row.
   *
   * @param shares per row and column, 0..1; NaN = empty
   * @param labels what stands in the cells
   */
  public static String heatmap(
      String title, List<String> rows, List<String> columns, double[][] shares, String[][] labels) {
    int left = 190;
    int top = 120;
    int cell = Math.min(76, (WIDTH - left - 110) / Math.max(1, columns.size()));
    Svg svg = new Svg(top + 34 * rows.size() + 14);
    for (int c = 0; c < columns.size(); c++) {
      svg.add(
          "<text transform='translate(%.1f %d) rotate(-38)'>%s</text>",
          left + cell * (c + 0.45), top - 8, escape(columns.get(c)));
    }
    for (int r = 0; r < rows.size(); r++) {
      int y = top + 34 * r;
      svg.text(left - 10, y + 21, "end", rows.get(r));
      for (int c = 0; c < columns.size(); c++) {
        double share = shares[r][c];
        if (Double.isNaN(share)) {
          continue;
        }
        boolean right = rows.get(r).equals(columns.get(c));
        svg.add(
            "<rect x='%d' y='%d' width='%d' height='32' fill='%s' fill-opacity='%.3f'/>",
            left + cell * c,
            y,
            cell - 2,
            right || !columns.contains(rows.get(r)) ? COLOURS[0] : COLOURS[1],
            0.05 + 0.85 * share);
        svg.add(
            "<text x='%.1f' y='%d' text-anchor='middle' fill='%s'>%s</text>",
            left + cell * (c + 0.5) - 1,
            y + 21,
            share > 0.55 ? "#ffffff" : "currentColor",
            escape(labels[r][c]));
      }
    }
    return svg.close(title);
  }
}
