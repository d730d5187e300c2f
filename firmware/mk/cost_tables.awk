# The tables of README.md "Cost" from build/bench.csv and build/bench_steps.csv, in Markdown.
function row(kernel, text,    c, line, key) {
    line = "| " text " | " macs[kernel]
    for (c = 1; c <= 7; c++) {
        key = kernel SUBSEP want[c]
        line = line " | " (key in per_mac ? sprintf("%.2f", per_mac[key]) : "-")
    }
    print line " |"
}
function number(n,    s) {
    s = sprintf("%d", n)
    while (match(s, /[0-9][0-9][0-9][0-9]($|,)/)) s = substr(s, 1, RSTART) "," substr(s, RSTART + 1)
    return s
}
function step_row(core, variant, model, mode, layers, low, high, text,    k) {
    k = core SUBSEP variant SUBSEP model SUBSEP mode SUBSEP layers SUBSEP low SUBSEP high
    if (k in step)
        printf "| %s | %s | %s | %s | %s | %s | %s | %.2f | %.2f |\n", text, updated[k], \
            number(forward[k]), number(backward[k]), number(update[k]), number(step[k]), \
            number(macs_backward[k]), backward_gain[k], step_gain[k]
}
function step_table(core, variant, model, mode) {
    printf "\n%s, %s, %s kernels, %s mode:\n\n", model, core, variant, mode
    print "| update rate | rows trained | forward | backward | update | step | MACs backward | backward gain | step gain |"
    print "|---|---|---|---|---|---|---|---|---|"
    step_row(core, variant, model, mode, all[model], "1.000", "1.000", "1")
    step_row(core, variant, model, mode, all[model], "0.500", "0.500", "0.5")
    step_row(core, variant, model, mode, all[model], "0.300", "0.300", "0.3")
    step_row(core, variant, model, mode, all[model], "0.100", "0.100", "0.1")
    step_row(core, variant, model, mode, all[model], "0.100", "1.000", "0.1 to 1 by error")
    step_row(core, variant, model, mode, 1, "1.000", "1.000", "last layer only")
}
BEGIN {
    FS = ","
    split("cortex-m3 portable;cortex-m4 dsp;cortex-m7 dsp;cortex-m33 dsp;cortex-m55 portable;cortex-m55 dsp;cortex-m55 mve", want, ";")
}
FNR == 1 { file++; next }
file == 1 { per_mac[$2, $1 " " $3] = $6; macs[$2] = $4; if (!($2 in seen)) { seen[$2]; order[++kernels] = $2 } next }
{
    k = $1 SUBSEP $2 SUBSEP $3 SUBSEP $4 SUBSEP $5 SUBSEP $6 SUBSEP $7
    if ($5 > all[$3]) all[$3] = $5
    updated[k] = $8; forward[k] = $9; backward[k] = $10; update[k] = $11; step[k] = $12
    macs_backward[k] = $14; backward_gain[k] = $15; step_gain[k] = $16
}
END {
    print "| kernel | MACs | M3 C | M4 DSP | M7 DSP | M33 DSP | M55 C | M55 DSP | M55 Helium |"
    print "|---|---|---|---|---|---|---|---|---|"
    for (i = 1; i <= kernels; i++) row(order[i], order[i])
    step_table("cortex-m4", "dsp", "bearing-mlp", "fine")
    step_table("cortex-m4", "dsp", "bearing-cnn", "fine")
    step_table("cortex-m4", "portable", "bearing-cnn", "fine")
    print "\n| one step, all layers, fine | M3 C | M4 C | M4 DSP | M7 DSP | M33 DSP | M55 Helium |"
    print "|---|---|---|---|---|---|---|"
    split("cortex-m3 portable;cortex-m4 portable;cortex-m4 dsp;cortex-m7 dsp;cortex-m33 dsp;cortex-m55 mve", on, ";")
    for (m in all) models[++model_count] = m
    for (i = 1; i <= model_count; i++) {
        line = "| " models[i]
        for (c = 1; c <= 6; c++) {
            split(on[c], part, " ")
            line = line " | " number(step[part[1], part[2], models[i], "fine", all[models[i]], "1.000", "1.000"])
        }
        print line " |"
    }
}
