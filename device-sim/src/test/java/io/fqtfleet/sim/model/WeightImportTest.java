package io.fqtfleet.sim.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fqtfleet.sim.model.WeightImport.Layout;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tensors from .npy files, and what is said of those that do not fit. */
class WeightImportTest {
  /** One filter of 2 x 2 channels, then 2 rows over 3 positions of 1 channel. */
  private static final ModelDescription MODEL =
      ModelDescription.parse(
          "m", "model m\ninput window 4 channels 2\nconv 1 kernel 2 relu\nlinear 2");

  @TempDir private Path folder;

  @BeforeEach
  void writes() throws IOException {
    NpyFixture.write(folder.resolve("0.weight.npy"), "<f4", "1, 2, 2", 1, 2, 3, 4);
    NpyFixture.write(folder.resolve("0.bias.npy"), "<f8", "1,", 0.5);
    NpyFixture.write(folder.resolve("1.weight.npy"), "<f4", "2, 3", 1, 2, 3, 4, 5, 6);
    NpyFixture.write(folder.resolve("1.bias.npy"), "<i4", "2,", -7, 9);
  }

  private float[] read(Layout layout) {
    return new WeightImport(folder, layout).read(MODEL);
  }

  private String problem() {
    return assertThrows(ModelException.class, () -> read(Layout.CHANNELS_LAST)).getMessage();
  }

  @Test
  void tensorsComeInTheLearnersOrder() {
    assertArrayEquals(
        new float[] {1, 2, 3, 4, 0.5f, 1, 2, 3, 4, 5, 6, -7, 9}, read(Layout.CHANNELS_LAST));
    assertArrayEquals(
        new float[] {1, 3, 2, 4, 0.5f, 1, 2, 3, 4, 5, 6, -7, 9}, read(Layout.TORCH), "torch");
  }

  @Test
  void aLinearLayerBehindSeveralChannelsIsReorderedFromTorch() throws IOException {
    ModelDescription model =
        ModelDescription.parse("m", "model m\ninput window 3 channels 2\nlinear 2");
    NpyFixture.write(
        folder.resolve("0.weight.npy"), "<f4", "2, 6", 0, 1, 2, 10, 11, 12, 0, 0, 0, 5, 5, 5);
    NpyFixture.write(folder.resolve("0.bias.npy"), "<f4", "2,", 0, 0);
    Files.delete(folder.resolve("1.weight.npy"));
    float[] read = new WeightImport(folder, Layout.TORCH).read(model);
    assertArrayEquals(new float[] {0, 10, 1, 11, 2, 12}, Arrays.copyOf(read, 6));
  }

  @Test
  void integersBecomeRealByScaleAndZero() throws IOException {
    NpyFixture.write(folder.resolve("1.weight.npy"), "|u1", "2, 3", 128, 130, 255, 0, 128, 1);
    NpyFixture.write(folder.resolve("1.weight.zero.npy"), "|u1", "", 128);
    NpyFixture.write(folder.resolve("1.weight.scale.npy"), "<f4", "2,", 0.5, 2);
    float[] read = read(Layout.CHANNELS_LAST);
    assertArrayEquals(new float[] {0, 1, 63.5f, -256, 0, -254}, Arrays.copyOfRange(read, 5, 11));
  }

  @Test
  void versionTwoAndSignedBytesAreRead() throws IOException {
    NpyFixture.write(folder.resolve("0.bias.npy"), 2, "|i1", "False", "1,", -3);
    assertEquals(-3, read(Layout.CHANNELS_LAST)[4]);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "1 | <f4 | True  | 2, 3 | 1 | it is in Fortran order; save numpy.ascontiguousarray(array)",
        "1 | >f4 | False | 2, 3 | 1 | type '>f4' is not one of <f4, <f8, |i1, |u1, <i4; convert",
        "1 | <f4 | False | 3, 2 | 1 | shape [3, 2]; layer linear of the model takes [2, 3] in",
        "3 | <f4 | False | 2, 3 | 1 | version 3 of the format; versions 1 and 2 are read",
        "1 | <f4 | False | 2, 3 | NaN | value 4 is NaN; weights are finite numbers",
        "1 | <f8 | False | 2, 3 | Infinity | value 4 is Infinity; weights are finite numbers",
        "1 | <f8 | False | 2, 3 | 1e39 | value 4 is 1.0E39; weights are finite numbers",
        "1 | <f4 | False | 2, 4 | 1 | 24 bytes of values; shape [2, 4] of <f4 makes 32: the file",
      })
  void aTensorThatDoesNotFitIsNamed(
      int version, String type, String fortran, String shape, double fifth, String expected)
      throws IOException {
    Path file = folder.resolve("1.weight.npy");
    NpyFixture.write(file, version, type, fortran, shape, 1, 1, 1, 1, fifth, 1);
    String message = problem();
    assertTrue(message.startsWith(file + ": "), message);
    assertTrue(message.contains(expected), message);
  }

  @Test
  void missingAndForeignFilesAreNamed() throws IOException {
    NpyFixture.write(folder.resolve("2.weight.npy"), "<f4", "1,", 1);
    assertTrue(problem().contains("2.weight.npy: the model has 2 layers with weights"), problem());
    Files.delete(folder.resolve("2.weight.npy"));
    Files.delete(folder.resolve("1.bias.npy"));
    assertTrue(problem().contains("1.bias.npy: there is no such file"), problem());
    Files.writeString(folder.resolve("1.bias.npy"), "PK no numpy at all");
    assertTrue(problem().contains("does not begin as a .npy file"), problem());
  }
}
