package io.fqtfleet.sim.trace;

import io.fqtfleet.schemas.Attribute;
import io.fqtfleet.schemas.BudgetTerms;
import java.util.List;
import java.util.function.Function;

/**
 * What the devices of a cohort have in common.
 *
 * @param key of a device's id
 * @param modelFingerprint of the factory model
 */
public record TraceIdentity(
    String cohort,
    String board,
    List<Attribute> attributes,
    BudgetTerms factoryTerms,
    long modelFingerprint,
    Function<String, byte[]> key) {}
