/**
 * How programs show what they measured: tables, plots and one page without any fetch. It must not
 * know what the numbers mean. Start with {@link io.fqtfleet.programs.report.Table}.
 */
package io.fqtfleet.programs.report;
