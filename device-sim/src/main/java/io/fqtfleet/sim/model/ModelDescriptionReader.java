package io.fqtfleet.sim.model;

import io.fqtfleet.sim.model.LayerDescription.Kind;
import io.fqtfleet.sim.model.LayerDescription.Shape;
import io.fqtfleet.sim.model.ModelDescription.Input;
import io.fqtfleet.sim.model.ModelDescription.InputKind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** One reading of one description; the grammar is in {@code firmware/tool/description.h}. */
final class ModelDescriptionReader {
  private static final int SIDE_MAX = 4096;
  private static final int KERNEL_MAX = 255;
  private static final int FEATURES = 64;
  private static final int CHANNELS_MAX = 64;
  private static final int NAME_MAX = 31;
  private static final int RAM_MAX = 16 << 20;
  private static final double SCALE_MIN = 1e-6;
  private static final double SCALE_MAX = 1e6;
  private static final double STEP_MIN = 1.0 / 256;
  private static final double STEP_MAX = 256;
  private static final int BATCH_DEFAULT = 16;

  private final String source;
  private final Set<String> seen = new HashSet<>();
  private final List<LayerDescription> layers = new ArrayList<>();
  private final List<Integer> layerLines = new ArrayList<>();
  private String name;
  private Input input;
  private int frozen;
  private int batch = BATCH_DEFAULT;
  private int ramLimit;
  private Arithmetic arithmetic = Arithmetic.FINE;

  private int lineNumber;
  private String[] words;
  private int at;

  private record Pair(int h, int w) {}

  private ModelDescriptionReader(String source) {
    this.source = source;
  }

  static ModelDescription read(Path file) {
    if (!Files.isRegularFile(file)) {
      throw new ModelException(
          file + ": there is no such file; shipped models are in firmware/models");
    }
    try {
      return parse(file.toString(), Files.readAllLines(file));
    } catch (IOException e) {
      throw new ModelException(file + ": it cannot be read as text: " + e.getMessage(), e);
    }
  }

  static ModelDescription parse(String source, List<String> lines) {
    return new ModelDescriptionReader(source).description(lines);
  }

  private ModelDescription description(List<String> lines) {
    for (String line : lines) {
      lineNumber++;
      String text = line.replaceFirst("#.*", "").strip();
      if (!text.isEmpty()) {
        words = text.split("\\s+");
        at = 1;
        statement();
        if (at < words.length) {
          throw wrong("'%s' is not understood behind %s".formatted(words[at], words[0]));
        }
      }
    }
    if (layers.isEmpty()) {
      throw wrong("the text ends without a layer; write model, input and layers");
    }
    return checked();
  }

  private ModelDescription checked() {
    ModelDescription description =
        new ModelDescription(name, input, layers, frozen, batch, arithmetic, ramLimit);
    try {
      description.check();
      return description;
    } catch (ModelException e) {
      List<String> lines = new ArrayList<>();
      for (int i = 0; i < layers.size(); i++) {
        if (e.getMessage().startsWith("layer %d ".formatted(i))) {
          lines.add(": line " + layerLines.get(i));
        }
      }
      throw new ModelException(source + String.join("", lines) + ": " + e.getMessage(), e);
    }
  }

  private ModelException wrong(String problem) {
    return new ModelException("%s: line %d: %s".formatted(source, lineNumber, problem));
  }

  private void statement() {
    String word = words[0];
    if (name == null && !word.equals("model")) {
      throw wrong("'%s' before 'model NAME', which comes first".formatted(word));
    }
    Kind kind =
        Arrays.stream(Kind.values()).filter(k -> k.word().equals(word)).findFirst().orElse(null);
    if (kind != null) {
      layer(kind);
      return;
    }
    if (!seen.add(word)) {
      throw wrong("a second '%s'; write it once".formatted(word));
    }
    switch (word) {
      case "model" -> name = name();
      case "input" -> input = input();
      case "frozen" -> frozen = number("frozen", 0, ModelDescription.WEIGHT_LAYERS_MAX - 1);
      case "batch" -> batch = number("batch", 1, ModelDescription.BATCH_MAX);
      case "ram" -> ramLimit = number("ram", 1, RAM_MAX);
      case "mode" -> arithmetic = mode();
      default ->
          throw wrong(
              ("'%s' is no statement; there are model, input, conv, depthwise, avgpool, maxpool,"
                      + " globalavg, globalmax, linear, frozen, batch, mode, ram")
                  .formatted(word));
    }
  }

  private String name() {
    String text = next("");
    if (!text.matches("[a-z0-9-]{1," + NAME_MAX + "}")) {
      throw wrong(
          "model '%s': write a name of a-z, 0-9 and -, at most %d characters"
              .formatted(text, NAME_MAX));
    }
    return text;
  }

  private Arithmetic mode() {
    String text = next("");
    return switch (text) {
      case "fine" -> Arithmetic.FINE;
      case "uint8" -> Arithmetic.UINT8;
      default -> throw wrong("mode '%s' is not fine or uint8".formatted(text));
    };
  }

  private Input input() {
    String kind = next("");
    switch (kind) {
      case "spectra" -> {
        number("spectra", FEATURES, FEATURES);
        return new Input(InputKind.SPECTRA, new Shape(1, FEATURES, 1), 0, 0);
      }
      case "window" -> {
        int samples = number("window", 2, SIDE_MAX);
        int channels = has("channels") ? number("channels", 1, CHANNELS_MAX) : 1;
        float step = has("step") ? real("step", STEP_MIN, STEP_MAX) : 0;
        return new Input(InputKind.WINDOW, new Shape(1, samples, channels), step, 0);
      }
      case "codes" -> {
        return codes();
      }
      default ->
          throw wrong(
              "input '%s' is not one of: spectra 64, window N, codes H W C".formatted(kind));
    }
  }

  private Input codes() {
    Shape shape =
        new Shape(
            number("height", 1, SIDE_MAX),
            number("width", 1, SIDE_MAX),
            number("channels", 1, SIDE_MAX));
    need("scale", "input codes needs 'scale S zero Z': what a code stands for");
    float scale = real("scale", SCALE_MIN, SCALE_MAX);
    need("zero", "input codes needs 'zero Z', the code 0..255 that stands for 0");
    return new Input(InputKind.CODES, shape, scale, number("zero", 0, 255));
  }

  private void layer(Kind kind) {
    if (input == null) {
      throw wrong("%s before 'input'; say first what the model reads".formatted(kind.word()));
    }
    if (layers.size() == ModelDescription.LAYERS_MAX) {
      throw wrong(
          "layer %d of at most %d; use fewer"
              .formatted(layers.size() + 1, ModelDescription.LAYERS_MAX));
    }
    int outputs = kind.isCounted() ? number("outputs", 1, ModelDescription.OUTPUTS_MAX) : 0;
    Pair kernel = new Pair(0, 0);
    Pair stride = new Pair(0, 0);
    Pair pad = new Pair(0, 0);
    if (kind.hasKernel()) {
      if (!kind.isPool()) {
        need("kernel", kind.word() + " needs 'kernel K': what one filter sees");
      }
      kernel = pair("kernel", 1, 1);
      stride = has("stride") ? pair("stride", 1, 1) : kind.isPool() ? kernel : new Pair(1, 1);
      pad = !kind.isPool() && has("pad") ? pair("pad", 0, 0) : pad;
    }
    boolean relu = !kind.isPool() && has("relu");
    layers.add(
        new LayerDescription(
            kind, relu, outputs, kernel.h(), kernel.w(), stride.h(), stride.w(), pad.h(), pad.w()));
    layerLines.add(lineNumber);
  }

  private String next(String otherwise) {
    return at < words.length ? words[at++] : otherwise;
  }

  private boolean has(String word) {
    boolean there = at < words.length && words[at].equals(word);
    at += there ? 1 : 0;
    return there;
  }

  private void need(String word, String rule) {
    if (!has(word)) {
      throw wrong(rule);
    }
  }

  private int number(String what, int low, int high) {
    if (at == words.length) {
      throw wrong("%s is missing; write a number %d..%d".formatted(what, low, high));
    }
    String text = words[at++];
    int value = whole(text);
    if (value < low || value > high) {
      throw wrong("%s '%s' is not a number %d..%d".formatted(what, text, low, high));
    }
    return value;
  }

  private float real(String what, double low, double high) {
    String text = next("");
    float value;
    try {
      value = Float.parseFloat(text);
    } catch (NumberFormatException e) {
      value = Float.NaN;
    }
    if (!(value >= low && value <= high)) {
      throw wrong("%s '%s' is not a number %s..%s".formatted(what, text, low, high));
    }
    return value;
  }

  /** One number is along the width, with {@code aloneH} for the height; 3x5 is height x width. */
  private Pair pair(String what, int low, int aloneH) {
    if (at == words.length) {
      throw wrong("%s is missing; write one number, or height x width as in 3x3".formatted(what));
    }
    String text = words[at++];
    String[] parts = text.split("x", -1);
    int w = whole(parts[parts.length - 1]);
    int h = parts.length == 2 ? whole(parts[0]) : aloneH;
    if (parts.length > 2 || w < low || h < low || w > KERNEL_MAX || h > KERNEL_MAX) {
      throw wrong(
          "%s '%s' is not %d..%d, or two of them as in 3x3".formatted(what, text, low, KERNEL_MAX));
    }
    return new Pair(h, w);
  }

  /** -1 if it is none. */
  private static int whole(String text) {
    return text.matches("[0-9]{1,8}") ? Integer.parseInt(text) : -1;
  }
}
