# build/bench.csv as a table: a row per kernel, a column per core and variant.
BEGIN { FS = "," }
NR > 1 {
    column = substr($1, 8) " " $3
    if (!($2 in seen)) { seen[$2] = 1; kernel[++kernels] = $2 }
    if (!(column in place)) { place[column] = ++columns; title[columns] = column }
    value[$2, column] = $6
    macs[$2] = $4
}
END {
    printf "instructions per MAC\n%-26s %8s", "kernel", "MACs"
    for (c = 1; c <= columns; c++) printf " %12s", title[c]
    printf "\n"
    for (k = 1; k <= kernels; k++) {
        printf "%-26s %8d", kernel[k], macs[kernel[k]]
        for (c = 1; c <= columns; c++) printf " %12s", value[kernel[k], title[c]]
        printf "\n"
    }
}
