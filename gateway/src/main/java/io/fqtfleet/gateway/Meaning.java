package io.fqtfleet.gateway;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * What a setting means, for an operator: {@link ConfigReference} makes the README's table of it.
 */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.RECORD_COMPONENT)
@interface Meaning {
  /** One line of Markdown. */
  String value();

  /** True if there is no default and the gateway doesn't start without it. */
  boolean required() default false;
}
