package io.fqtfleet.schemas.codegen;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.message.BinaryMessageEncoder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Types that no message uses yet: generated, compiled, and run against Avro's own bytes. */
class AllTypesTest {
  private static final Path WIRE = Path.of("../firmware/wire");
  private static final int CASES = 50;

  private static final Schema SCHEMA =
      new Schema.Parser()
          .parse(
              """
              {"type":"record","name":"AllTypes","fields":[
                {"name":"aFloat","type":"float"},
                {"name":"aDouble","type":["double","null"]},
                {"name":"anInt","type":["null","int"]},
                {"name":"someBytes","type":{"type":"bytes","maxLength":7}},
                {"name":"aHash","type":{"type":"fixed","name":"Hash","size":4}},
                {"name":"aText","type":["null",{"type":"string","maxLength":9}]},
                {"name":"aColour","type":{"type":"enum","name":"Colour","symbols":["RED","BLUE"]}},
                {"name":"kinds","type":{"type":"array","maxItems":3,"items":
                  {"type":"record","name":"Kind","fields":[{"name":"on","type":"boolean"}]}}}]}
              """);

  /** Reads length-prefixed messages and writes each as it encodes it again. */
  private static final String MAIN =
      """
      #include <stdio.h>
      #include "wire/generated/fqt_wire.h"
      int main(void) {
        uint8_t bytes[256], again[256];
        int length;
        while ((length = getchar()) != EOF) {
          fqt_all_types value;
          size_t again_length = 0;
          if (fread(bytes, 1, (size_t)length, stdin) != (size_t)length ||
              fqt_all_types_decode(bytes, (size_t)length, &value) != FQT_WIRE_OK ||
              fqt_all_types_encode(&value, again, sizeof again, &again_length) != FQT_WIRE_OK) {
            return 1;
          }
          putchar((int)again_length);
          fwrite(again, 1, again_length, stdout);
        }
        return 0;
      }
      """;

  @TempDir private Path directory;

  @Test
  void compiledCodeReadsAndWritesWhatAvroWrites() throws IOException, InterruptedException {
    requireCompiler();
    for (Map.Entry<String, String> file : CodecGenerator.generate(List.of(SCHEMA)).entrySet()) {
      Path path = directory.resolve(file.getKey());
      Files.createDirectories(path.getParent());
      Files.writeString(path, file.getValue());
    }
    for (String name : List.of("fqt_avro.h", "fqt_avro.c")) {
      Files.copy(WIRE.resolve(name), directory.resolve("wire").resolve(name));
    }
    Files.writeString(directory.resolve("main.c"), MAIN);
    run(
        List.of(
            "gcc -std=c11 -Wall -Wextra -Werror -Wconversion -I. -fsanitize=undefined -o recode"
                .split(" ")),
        List.of("main.c", "wire/fqt_avro.c", "wire/generated/fqt_wire.c"),
        new byte[0]);

    byte[] messages = messages(new Random(3));
    assertArrayEquals(messages, run(List.of("./recode"), List.of(), messages));
  }

  private static void requireCompiler() {
    boolean there;
    try {
      there = new ProcessBuilder("gcc", "--version").start().waitFor() == 0;
    } catch (IOException e) {
      there = false;
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
    if (!there && "1".equals(System.getenv("REQUIRE_TOOLS"))) {
      fail("REQUIRE_TOOLS=1, but gcc is not installed: apt-get install gcc libc6-dev");
    }
    if (!there) {
      System.out.println("SKIPPED: the generated codec is not compiled: gcc is not installed");
    }
    assumeTrue(there, "gcc is not installed");
  }

  private static byte[] messages(Random random) throws IOException {
    var encoder = new BinaryMessageEncoder<GenericData.Record>(GenericData.get(), SCHEMA);
    ByteBuffer all = ByteBuffer.allocate(CASES * 256);
    for (int i = 0; i < CASES; i++) {
      byte[] one = encoder.encode(value(random)).array();
      all.put((byte) one.length).put(one);
    }
    byte[] bytes = new byte[all.position()];
    all.flip().get(bytes);
    return bytes;
  }

  private static GenericData.Record value(Random random) {
    GenericData.Record value = new GenericData.Record(SCHEMA);
    value.put("aFloat", Float.intBitsToFloat(random.nextInt() & 0x7F7F_FFFF));
    value.put("aDouble", random.nextBoolean() ? random.nextGaussian() : null);
    value.put("anInt", random.nextBoolean() ? random.nextInt() : null);
    byte[] bytes = new byte[random.nextInt(8)];
    random.nextBytes(bytes);
    value.put("someBytes", ByteBuffer.wrap(bytes));
    byte[] hash = new byte[4];
    random.nextBytes(hash);
    value.put("aHash", new GenericData.Fixed(SCHEMA.getField("aHash").schema(), hash));
    value.put("aText", random.nextBoolean() ? "x".repeat(random.nextInt(10)) : null);
    Schema colour = SCHEMA.getField("aColour").schema();
    value.put("aColour", new GenericData.EnumSymbol(colour, random.nextBoolean() ? "RED" : "BLUE"));
    Schema kind = SCHEMA.getField("kinds").schema().getElementType();
    List<GenericData.Record> kinds = new ArrayList<>();
    for (int n = random.nextInt(4); n > 0; n--) {
      GenericData.Record one = new GenericData.Record(kind);
      one.put("on", random.nextBoolean());
      kinds.add(one);
    }
    value.put("kinds", kinds);
    return value;
  }

  private byte[] run(List<String> command, List<String> arguments, byte[] input)
      throws IOException, InterruptedException {
    List<String> all = new ArrayList<>(command);
    all.addAll(arguments);
    Path in = Files.write(directory.resolve("in"), input);
    Path errors = directory.resolve("errors");
    Process process =
        new ProcessBuilder(all)
            .directory(directory.toFile())
            .redirectInput(in.toFile())
            .redirectError(errors.toFile())
            .start();
    byte[] out = process.getInputStream().readAllBytes();
    int code = process.waitFor();
    assertEquals(0, code, all + ": " + Files.readString(errors, StandardCharsets.UTF_8));
    return out;
  }
}
